import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Empty, Flex, Tag, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, post } from '../../../app/api.js';
import { momentText } from '../../../app/time.js';
import { useFailure } from '../../../app/use-failure.js';
import { Failed } from '../../../components/Failed.js';
import { useWho } from '../../../components/who.js';
import { allOf, useEditor } from '../context.js';
import { type Difference, shownValue } from '../model/difference.js';
import { type FlowDocument, readDocument } from '../model/document.js';
import { named, nodeTitle } from '../model/words.js';
import type { Compared } from '../SidePanel.js';
import type { FlowDetail, VersionHead } from '../types.js';

interface Props {
  flow: FlowDetail;
  compared: Compared | undefined;
  onCompare(version: number, document: FlowDocument): void;
  onClose(): void;
  onEdit(document: FlowDocument): void;
  onChanged(flow: FlowDetail): void;
  onShow(id: string): void;
}

const COLOUR = { draft: 'gold', published: 'green', retired: 'default' } as const;

/** Every version there was: compared with what is edited now, put into force again. */
export function VersionsPanel({ flow, compared, onCompare, onClose, onEdit, onChanged, onShow }: Props) {
  const { t } = useTranslation(['flows', 'common']);
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const who = useWho();
  const client = useQueryClient();
  const versions = useQuery({
    queryKey: ['flow-versions', flow.id, flow.revision],
    queryFn: () => allOf<VersionHead>(`/flows/${flow.id}/versions`),
  });
  const documentOf = async (version: number): Promise<FlowDocument> => {
    const found = await get<{ document: unknown }>(`/flows/${flow.id}/versions/${version}`);
    return readDocument(flow.id, found.document);
  };
  const compare = (version: number): void => void documentOf(version).then((document) => onCompare(version, document), fail);
  const goBack = (version: number): void => {
    modal.confirm({
      title: t('versions.rollbackTitle', { n: version }),
      content: t('versions.rollbackHint', { n: version }),
      okText: t('versions.rollback'),
      cancelText: t('common:cancel'),
      async onOk() {
        try {
          onChanged(await post<FlowDetail>(`/flows/${flow.id}/rollback`, { version, revision: flow.revision }));
          await client.invalidateQueries({ queryKey: ['flows'] });
          void message.success(t('versions.rolledBack', { n: version }));
        } catch (error) {
          fail(error);
        }
      },
    });
  };
  if (compared) return <Comparison compared={compared} onClose={onClose} onShow={onShow} />;
  const rows = versions.data ?? [];
  return (
    <Flex vertical gap={8}>
      {versions.isSuccess && rows.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} /> : null}
      {versions.isError ? <Failed error={versions.error} /> : null}
      {rows.map((one) => (
        <div key={one.version} className="flow-item" data-testid={`version-${one.version}`}>
          <Flex justify="space-between" align="center">
            <Typography.Text strong>{t('list.version', { n: one.version })}</Typography.Text>
            <Tag color={COLOUR[one.state]}>{t(`versions.state.${one.state}`)}</Tag>
          </Flex>
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {t('list.by', { who: who(one.publishedBy ?? one.createdBy), when: momentText(one.publishedAt ?? one.createdAt) })}
          </Typography.Text>
          <Flex gap={6} wrap style={{ marginTop: 4 }}>
            <Button size="small" onClick={() => compare(one.version)}>
              {t('versions.compare')}
            </Button>
            <Button size="small" onClick={() => void documentOf(one.version).then(onEdit, fail)}>
              {t('versions.edit')}
            </Button>
            {one.state === 'retired' ? (
              <Button size="small" danger onClick={() => goBack(one.version)}>
                {t('versions.rollback')}
              </Button>
            ) : null}
          </Flex>
        </div>
      ))}
    </Flex>
  );
}

function Comparison({
  compared,
  onClose,
  onShow,
}: {
  compared: NonNullable<Props['compared']>;
  onClose(): void;
  onShow(id: string): void;
}) {
  const { t } = useTranslation('flows');
  const { doc } = useEditor();
  const { difference, version } = compared;
  const of = (change: string) => [...difference.nodes.values()].filter((one) => one.change === change).length;
  return (
    <Flex vertical gap={8}>
      <Flex justify="space-between" align="center" gap={8}>
        <Typography.Text strong>
          {version === undefined ? t('versions.comparingTheirs') : t('versions.comparing', { n: version })}
        </Typography.Text>
        <Button size="small" onClick={onClose}>
          {t('versions.closeCompare')}
        </Button>
      </Flex>
      <Flex gap={10} wrap data-testid="difference">
        <Legend colour="#2f9e44" text={t('versions.added', { n: of('added') })} />
        <Legend colour="#d6363e" text={t('versions.removed', { n: of('removed') })} />
        <Legend colour="#d08700" text={t('versions.changed', { n: of('changed') })} />
      </Flex>
      {difference.nodes.size === 0 && difference.flow.length === 0 ? <Typography.Text>{t('versions.same')}</Typography.Text> : null}
      {difference.flow.length > 0 ? <Changes title={doc.name} fields={difference.flow} /> : null}
      {[...difference.nodes].map(([id, { change, fields }]) => {
        const node = doc.nodes[id] ?? compared.document.nodes[id];
        const title = node ? `${nodeTitle(t, node)} · ${id}` : id;
        const state = change === 'added' ? t('versions.addedNode') : change === 'removed' ? t('versions.removedNode') : undefined;
        return <Changes key={id} title={title} fields={fields} state={state} onShow={() => onShow(id)} />;
      })}
    </Flex>
  );
}

function Legend({ colour, text }: { colour: string; text: string }) {
  return (
    <Flex align="center" gap={4}>
      <span className="flow-legend" style={{ background: colour }} />
      {text}
    </Flex>
  );
}

function Changes({
  title,
  fields,
  state,
  onShow,
}: {
  title: string;
  fields: Difference['flow'];
  state?: string | undefined;
  onShow?(): void;
}) {
  const { t } = useTranslation('flows');
  return (
    <div className="flow-item">
      {onShow ? (
        <Button type="link" size="small" className="flow-item-link" onClick={onShow}>
          {title}
        </Button>
      ) : (
        <b>{title}</b>
      )}
      {state ? <div>{state}</div> : null}
      {fields.map(({ field, before, after }) => (
        <div key={field} style={{ fontSize: 12, overflowWrap: 'anywhere' }}>
          <b>
            {field
              .split('.')
              .map((part) => t(`field.${part}`, { defaultValue: named(t, 'way', part) }))
              .join(' ')}
          </b>
          ：<del style={{ color: 'var(--flow-fault)' }}>{shownValue(before)}</del> →{' '}
          <ins style={{ textDecoration: 'none', color: 'var(--flow-people)' }}>{shownValue(after)}</ins>
        </div>
      ))}
    </div>
  );
}
