import { Alert, Form, Input, Select, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../context.js';
import { NameSelect } from '../fields/NameSelect.js';
import type { FlowDocument } from '../model/document.js';
import { named, nodeTitle, problemText } from '../model/words.js';

interface Props {
  onChange(doc: FlowDocument, about?: string): void;
  onShow(id: string): void;
}

/** The flow itself, and everything that is wrong with it. */
export function FlowPanel({ onChange, onShow }: Props) {
  const { t } = useTranslation('flows');
  const { doc } = useEditor();
  return (
    <Form layout="vertical" component="div" size="small">
      <Problems onShow={onShow} />
      <Form.Item label={t('panel.flowName')} htmlFor="flow-name" style={{ marginBottom: 12 }}>
        <Input
          id="flow-name"
          value={doc.name}
          maxLength={100}
          onChange={(event) => onChange({ ...doc, name: event.target.value }, 'flow.name')}
        />
      </Form.Item>
      <Form.Item label={t('panel.flowLanguage')} htmlFor="flow-language" style={{ marginBottom: 12 }}>
        <Input
          id="flow-language"
          value={doc.language}
          onChange={(event) => onChange({ ...doc, language: event.target.value }, 'flow.language')}
        />
      </Form.Item>
      <Form.Item label={t('panel.flowStart')} htmlFor="flow-start" style={{ marginBottom: 12 }}>
        <NameSelect
          id="flow-start"
          kind="node"
          allowClear={false}
          value={doc.start}
          onChange={(start) => start && onChange({ ...doc, start })}
        />
      </Form.Item>
      <Form.Item label={t('panel.flowVariables')} htmlFor="flow-variables" style={{ marginBottom: 12 }}>
        <Select
          id="flow-variables"
          mode="tags"
          open={false}
          suffixIcon={null}
          value={doc.variables ?? []}
          onChange={(variables: string[]) => onChange({ ...doc, variables })}
        />
      </Form.Item>
    </Form>
  );
}

function Problems({ onShow }: { onShow(id: string): void }) {
  const { t } = useTranslation('flows');
  const { problems, doc, types } = useEditor();
  if (problems.length === 0) return <Alert type="success" showIcon title={t('editor.noProblems')} style={{ marginBottom: 12 }} />;
  return (
    <section aria-label={t('editor.problems')} style={{ marginBottom: 12 }}>
      <Typography.Text strong>{t('editor.problemsCount', { n: problems.length })}</Typography.Text>
      <ul style={{ paddingInlineStart: 18, margin: '4px 0' }}>
        {problems.slice(0, 100).map((one) => {
          const node = one.node === null ? undefined : doc.nodes[one.node];
          const isWay = (types.get(node?.type ?? '')?.ways ?? []).some(({ field }) => field === one.field.replace(/\.\d+\./, '.*.'));
          const last = one.field.split('.').at(-1) ?? '';
          const where = node ? `${nodeTitle(t, node)} · ${named(t, isWay ? 'way' : 'field', last)}` : named(t, 'field', last);
          return (
            <li key={`${one.node}.${one.field}.${one.message}`} style={{ fontSize: 13 }}>
              {one.node === null ? (
                where
              ) : (
                <Typography.Link
                  onClick={() => onShow(one.node ?? '')}
                  role="button"
                  tabIndex={0}
                  onKeyDown={(event) => event.key === 'Enter' && onShow(one.node ?? '')}
                >
                  {where}
                </Typography.Link>
              )}
              ：{problemText(t, one.message, isWay)}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
