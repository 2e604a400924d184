import { useQueryClient } from '@tanstack/react-query';
import type { VoicemailView } from '@yixian/contracts/browser';
import { App, Badge, Button, Drawer, Flex, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { del, put } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { clockText, momentText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { PagedTable } from '../../kit/PagedTable.js';
import { Player } from '../../kit/Player.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { useOptions } from '../../kit/sources.js';

/** 留言: what callers left, by box. */
export default function VoicemailsPage() {
  const { t } = useTranslation(['archive', 'records', 'common']);
  const { modal } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const admin = useUser().roles.includes('admin');
  const boxes = useOptions(admin ? 'boxes' : undefined);
  const [box, setBox] = useState<string>();
  const [heard, setHeard] = useState<'true' | 'false'>();
  const [shown, setShown] = useState<VoicemailView>();
  const query = { box, heard, limit: 50 };
  const anew = (): void => void queries.invalidateQueries({ queryKey: ['/voicemails'] });
  const mark = (message: VoicemailView, wanted: boolean): void => {
    put<VoicemailView>(`/voicemails/${message.id}`, { heard: wanted }).then((answer) => {
      setShown(answer);
      anew();
    }, fail);
  };
  const askDelete = (message: VoicemailView): void => {
    void modal.confirm({
      title: t('voicemails.deleteAsk'),
      content: t('recordings.deleteHelp'),
      okText: t('common:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        del(`/voicemails/${message.id}`).then(() => {
          setShown(undefined);
          anew();
        }, fail),
    });
  };
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.voicemails')} hint={t('voicemails.hint')}>
        {admin ? (
          <Select
            allowClear
            aria-label={t('voicemails.box')}
            placeholder={t('voicemails.box')}
            style={{ width: 180 }}
            options={boxes}
            value={box}
            onChange={setBox}
          />
        ) : null}
        <Select
          allowClear
          aria-label={t('voicemails.state')}
          placeholder={t('voicemails.state')}
          style={{ width: 130 }}
          value={heard}
          onChange={setHeard}
          options={[
            { value: 'false', label: t('voicemails.new') },
            { value: 'true', label: t('voicemails.heard') },
          ]}
        />
      </PageHead>
      <PagedTable<VoicemailView>
        path="/voicemails"
        query={query}
        width={700}
        empty={t('voicemails.none')}
        onOpen={setShown}
        columns={[
          { title: t('voicemails.leftAt'), dataIndex: 'leftAt', width: 150, render: momentText },
          { title: t('records:calls.caller'), dataIndex: 'caller', width: 150 },
          { title: t('voicemails.box'), dataIndex: 'box', width: 140 },
          {
            title: t('recordings.length'),
            dataIndex: 'durationSeconds',
            width: 90,
            align: 'right',
            render: (seconds: number) => clockText(1000 * seconds),
          },
          {
            title: t('voicemails.state'),
            dataIndex: 'heard',
            width: 160,
            render: (was: boolean, message) => (
              <Badge
                status={was ? 'default' : 'processing'}
                text={was ? `${t('voicemails.heard')} · ${message.heardBy ?? ''}` : t('voicemails.new')}
              />
            ),
          },
        ]}
      />
      <Drawer
        open={shown !== undefined}
        onClose={() => setShown(undefined)}
        size={600}
        title={shown ? `${shown.caller} · ${momentText(shown.leftAt)}` : ''}
        destroyOnHidden
      >
        {shown ? (
          <Flex vertical gap={16}>
            <Player path={`/voicemails/${shown.id}`} name={`${shown.id}.wav`} />
            <Flex gap={8}>
              <Button onClick={() => mark(shown, !shown.heard)}>{t(shown.heard ? 'voicemails.markNew' : 'voicemails.markHeard')}</Button>
              <div style={{ flex: 1 }} />
              <Button danger onClick={() => askDelete(shown)}>
                {t('common:delete')}
              </Button>
            </Flex>
          </Flex>
        ) : null}
      </Drawer>
    </Flex>
  );
}
