import type { QueueView } from '@yixian/contracts/browser';
import { App, Button, Form, InputNumber, Modal, Select, Typography } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../app/api.js';
import { useLive } from '../../app/live.js';
import { useFailure } from '../../app/use-failure.js';
import { Since } from '../../components/StateTag.js';

type Waiting = QueueView['waiting'][number];

/** Where a waiting call goes, and how urgent it is there. */
function MoveDialog({ call, from, onClose }: { call: Waiting; from: string; onClose(): void }) {
  const { t } = useTranslation(['supervise', 'common']);
  const { message } = App.useApp();
  const queues = useLive((picture) => picture.queues);
  const fail = useFailure();
  const [form] = Form.useForm<{ queue: string; priority: number }>();
  const [busy, setBusy] = useState(false);
  const options = useMemo(() => [...queues.values()].map(({ id, name }) => ({ value: id, label: name })), [queues]);
  const move = ({ queue, priority }: { queue: string; priority: number }): void => {
    setBusy(true);
    post(`/calls/${call.callId}/move`, { ...(queue === from ? {} : { queue }), priority })
      .then(() => {
        void message.success(t('waiting.moved', { caller: call.caller }));
        onClose();
      })
      .catch(fail)
      .finally(() => setBusy(false));
  };
  return (
    <Modal
      open
      title={t('waiting.moveTitle', { caller: call.caller })}
      onCancel={onClose}
      onOk={() => form.submit()}
      confirmLoading={busy}
      okText={t('waiting.move')}
      cancelText={t('common:cancel')}
    >
      <Form form={form} layout="vertical" initialValues={{ queue: from, priority: 0 }} onFinish={move}>
        <Form.Item name="queue" label={t('waiting.toQueue')}>
          <Select options={options} showSearch={{ optionFilterProp: 'label' }} />
        </Form.Item>
        <Form.Item name="priority" label={t('waiting.priority')} extra={t('waiting.priorityHint')}>
          <InputNumber min={-1000} max={1000} precision={0} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Those who wait in a queue, the next to be served first. */
export function WaitingCalls({ queue, label }: { queue: QueueView; label: string }) {
  const { t } = useTranslation('supervise');
  const [moving, setMoving] = useState<Waiting>();
  if (queue.waiting.length === 0) return <Typography.Text type="secondary">{t('waiting.none')}</Typography.Text>;
  return (
    <>
      <table className="sv-table sv-small" aria-label={label}>
        <thead>
          <tr>
            {(['position', 'caller', 'waited', 'priority', 'offered'] as const).map((key) => (
              <th key={key} scope="col">
                {t(`waiting.${key}`)}
              </th>
            ))}
            <th scope="col">
              <span className="sv-hidden">{t('waiting.move')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {queue.waiting.map((call) => (
            <tr key={call.callId} data-testid={`call-${call.caller}`}>
              <td>{call.position}</td>
              <th scope="row">{call.caller}</th>
              <td>
                <Since at={call.since} />
              </td>
              <td>{call.priority}</td>
              <td>{call.offeredTo ?? '–'}</td>
              <td>
                <Button size="small" onClick={() => setMoving(call)} aria-label={`${t('waiting.move')} ${call.caller}`}>
                  {t('waiting.move')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {moving ? <MoveDialog call={moving} from={queue.id} onClose={() => setMoving(undefined)} /> : null}
    </>
  );
}
