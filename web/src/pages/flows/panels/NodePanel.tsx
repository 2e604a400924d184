import { CopyOutlined, DeleteOutlined, FlagOutlined } from '@ant-design/icons';
import { Alert, Button, Collapse, Flex, Form, Input, Segmented, Typography } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../context.js';
import { JsonField } from '../fields/JsonField.js';
import { NameSelect } from '../fields/NameSelect.js';
import { SchemaField } from '../fields/SchemaField.js';
import { type FlowNode, type JsonSchema, NODE_ID, type Problem, waysOf } from '../model/document.js';
import { named, problemText, wayName } from '../model/words.js';

interface Props {
  id: string;
  onField(path: string, value: unknown): void;
  onReplace(node: FlowNode): void;
  onRename(to: string): void;
  onStart(): void;
  onDuplicate(): void;
  onRemove(): void;
}

const OWN = new Set(['type', 'label', 'position']);

/** One node: what it is called, its fields from the schema, its ways. */
export function NodePanel({ id, onField, onReplace, onRename, onStart, onDuplicate, onRemove }: Props) {
  const { t } = useTranslation('flows');
  const { doc, types, problems } = useEditor();
  const [view, setView] = useState<'form' | 'json'>('form');
  const node = doc.nodes[id];
  if (!node) return null;
  const own = problems.filter((one) => one.node === id);
  const general = own.filter(({ field }) => field === '' || field === 'id' || field === 'type');
  return (
    <Form layout="vertical" component="div" size="small">
      <Flex justify="space-between" align="center" style={{ marginBottom: 8 }}>
        <Typography.Title level={5} style={{ margin: 0 }}>
          {named(t, 'type', node.type)}
        </Typography.Title>
        <Flex>
          <Button
            type="text"
            icon={<FlagOutlined />}
            disabled={doc.start === id}
            aria-label={t('editor.setStart')}
            title={t('editor.setStart')}
            onClick={onStart}
          />
          <Button
            type="text"
            icon={<CopyOutlined />}
            aria-label={t('editor.duplicate')}
            title={t('editor.duplicate')}
            onClick={onDuplicate}
          />
          <Button
            type="text"
            danger
            icon={<DeleteOutlined />}
            aria-label={t('editor.remove')}
            title={t('editor.remove')}
            onClick={onRemove}
          />
        </Flex>
      </Flex>
      <Typography.Paragraph type="secondary" style={{ fontSize: 12, marginBottom: 8 }}>
        {t(`about.${node.type}`, { defaultValue: '' })}
      </Typography.Paragraph>
      {general.map((one) => (
        <Alert key={one.message} type="error" showIcon title={problemText(t, one.message, false)} style={{ marginBottom: 8 }} />
      ))}
      <Flex gap={8}>
        <Form.Item label={t('panel.label')} htmlFor="node-label" style={{ flex: 1, marginBottom: 12 }}>
          <Input
            id="node-label"
            value={node.label ?? ''}
            maxLength={100}
            onChange={(event) => onField('label', event.target.value === '' ? undefined : event.target.value)}
          />
        </Form.Item>
        <NodeName id={id} onRename={onRename} />
      </Flex>
      <Segmented<'form' | 'json'>
        block
        size="small"
        value={view}
        onChange={setView}
        options={[
          { value: 'form', label: t('panel.fields') },
          { value: 'json', label: 'JSON' },
        ]}
        style={{ marginBottom: 12 }}
      />
      {view === 'json' ? (
        <JsonField id="node-json" label={t('panel.json')} rows={10} value={node} onChange={(next) => isNode(next) && onReplace(next)} />
      ) : (
        <>
          <Fields node={node} problems={own} onField={onField} />
          <Ways node={node} problems={own} onField={onField} />
        </>
      )}
      {types.has(node.type) ? null : (
        <JsonField id="node-json" rows={10} value={node} onChange={(next) => isNode(next) && onReplace(next)} />
      )}
    </Form>
  );
}

const isNode = (value: unknown): value is FlowNode => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Renamed when it is left, or by Enter: each letter would be a name of its own. */
function NodeName({ id, onRename }: { id: string; onRename(to: string): void }) {
  const { t } = useTranslation('flows');
  const { doc } = useEditor();
  const [name, setName] = useState(id);
  useEffect(() => setName(id), [id]);
  const fault = name === id ? undefined : !NODE_ID.test(name) ? t('panel.idBad') : doc.nodes[name] ? t('panel.idTaken') : undefined;
  const take = (): void => {
    if (name === id) return;
    if (fault === undefined) onRename(name);
    else setName(id);
  };
  return (
    <Form.Item
      label={t('panel.id')}
      htmlFor="node-id"
      style={{ flex: 1, marginBottom: 12 }}
      {...(fault === undefined ? {} : { validateStatus: 'error' as const, help: fault })}
    >
      <Input
        id="node-id"
        value={name}
        maxLength={64}
        spellCheck={false}
        onChange={(event) => setName(event.target.value)}
        onBlur={take}
        onPressEnter={take}
      />
    </Form.Item>
  );
}

interface PartProps {
  node: FlowNode;
  problems: readonly Problem[];
  onField(path: string, value: unknown): void;
}

/** What has to be there, and what is written, first; the rest folded away. */
function Fields({ node, problems, onField }: PartProps) {
  const { t } = useTranslation('flows');
  const { types } = useEditor();
  const schema = types.get(node.type)?.schema as JsonSchema | undefined;
  const fields = Object.entries(schema?.properties ?? {}).filter(([name, field]) => !OWN.has(name) && field['x-kind'] !== 'node');
  const isFirst = (name: string): boolean =>
    (schema?.required?.includes(name) ?? false) ||
    name in node ||
    FIRST.has(name) ||
    problems.some(({ field }) => field === name || field.startsWith(`${name}.`));
  const [first, rest] = [fields.filter(([name]) => isFirst(name)), fields.filter(([name]) => !isFirst(name))];
  const shown = ([name, field]: [string, JsonSchema]) => (
    <SchemaField
      key={name}
      path={name}
      name={name}
      schema={field}
      required={schema?.required?.includes(name) ?? false}
      value={node[name]}
      onChange={(value) => onField(name, value)}
      problems={problems}
    />
  );
  return (
    <>
      {first.map(shown)}
      {rest.length === 0 ? null : (
        <Collapse
          ghost
          size="small"
          styles={{ header: { paddingInline: 0 }, body: { paddingInline: 0 } }}
          items={[{ key: 'more', label: t('panel.more', { n: rest.length }), children: rest.map(shown) }]}
          style={{ marginBottom: 8 }}
        />
      )}
    </>
  );
}

/** Optional ones that most authors look for. */
const FIRST = new Set(['set', 'cases', 'ways', 'questions', 'result', 'prompts', 'group']);

/** Where it goes on: the same as the lines on the canvas, for those who work without a mouse. */
function Ways({ node, problems, onField }: PartProps) {
  const { t } = useTranslation('flows');
  const { types } = useEditor();
  const ways = waysOf(node, types).filter(({ field }) => !field.includes('.'));
  if (ways.length === 0) return null;
  return (
    <>
      <Typography.Title level={5} style={{ fontSize: 14, marginTop: 4 }}>
        {t('panel.ways')}
      </Typography.Title>
      {ways.map(({ field, target, optional }) => {
        const own = problems.filter((one) => one.field === field);
        return (
          <Form.Item
            key={field}
            label={wayName(t, node, field)}
            required={!optional}
            htmlFor={`way-${field}`}
            layout="horizontal"
            labelCol={{ span: 9 }}
            wrapperCol={{ span: 15 }}
            labelAlign="left"
            style={{ marginBottom: 8 }}
            {...(own.length > 0
              ? { validateStatus: 'error' as const, help: own.map((one) => problemText(t, one.message, true)).join('；') }
              : {})}
          >
            <NameSelect id={`way-${field}`} kind="node" value={target} onChange={(next) => onField(field, next)} />
          </Form.Item>
        );
      })}
    </>
  );
}
