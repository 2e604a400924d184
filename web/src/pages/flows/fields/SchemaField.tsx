import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Flex, Form, Input, InputNumber, Select, Switch } from 'antd';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../context.js';
import { blankOf, type JsonSchema, type Problem } from '../model/document.js';
import { hintOf, named, problemText } from '../model/words.js';
import { ConditionField } from './ConditionField.js';
import { JsonField } from './JsonField.js';
import { NameSelect } from './NameSelect.js';
import { PromptItems, PromptPicker } from './PromptItems.js';

export interface FieldProps {
  /** Path inside the node. */
  path: string;
  /** Last part of the path: what it is called. */
  name: string;
  schema: JsonSchema;
  required: boolean;
  value: unknown;
  /** undefined takes the field away: its default counts. */
  onChange(value: unknown): void;
  problems: readonly Problem[];
}

const under = (problems: readonly Problem[], path: string): Problem[] =>
  problems.filter(({ field }) => field === path || field.startsWith(`${path}.`));

/** Fields whose problems their parts show themselves. */
const holdsFields = (schema: JsonSchema): boolean => schema.items?.properties !== undefined;

/** One field with its label, its hint and what is wrong with it; the control comes from the schema. */
export function SchemaField(props: FieldProps) {
  const { t } = useTranslation('flows');
  const { path, name, schema, required, problems } = props;
  const own = holdsFields(schema) ? problems.filter(({ field }) => field === path) : under(problems, path);
  const kind = schema['x-kind'] ?? '';
  const hint = hintOf(t, name) || hintOf(t, kind);
  return (
    <Form.Item
      label={labelOf(t, name, schema)}
      required={required}
      htmlFor={idOf(path)}
      {...(hint === '' ? {} : { tooltip: hint })}
      {...(own.length > 0
        ? { validateStatus: 'error' as const, help: [...new Set(own.map(({ message }) => problemText(t, message, false)))].join('；') }
        : {})}
      style={{ marginBottom: 12, minWidth: 0 }}
    >
      <Control {...props} />
    </Form.Item>
  );
}

/** Ways are called as they are on the canvas. */
const labelOf = (t: TFunction, name: string, schema: JsonSchema): string => named(t, schema['x-kind'] === 'node' ? 'way' : 'field', name);

const idOf = (path: string): string => `field-${path.replaceAll('.', '-')}`;

function Control(props: FieldProps): ReactNode {
  const { t } = useTranslation('flows');
  const { path, name, schema, value, onChange } = props;
  const id = idOf(path);
  const label = named(t, 'field', name);
  const kind = schema['x-kind'];
  if (kind === 'prompts') return <PromptItems id={id} label={label} value={listOf(value ?? schema.default)} onChange={onChange} />;
  if (kind === 'prompt') return <PromptPicker id={id} label={label} value={textOf(value ?? schema.default)} onChange={onChange} />;
  if (kind === 'condition') return <ConditionField id={id} label={label} value={objectOf(value)} onChange={onChange} />;
  if (kind === 'levels') return <Levels {...props} id={id} label={label} />;
  if (schema.anyOf) return <Union {...props} id={id} label={label} />;
  if (kind === 'milliseconds') return <Seconds {...props} id={id} />;
  if (kind === 'template' || kind === 'expression') return <Words id={id} value={value} onChange={onChange} />;
  if (kind !== undefined) return <NameSelect id={id} kind={kind} value={value as string | undefined} onChange={onChange} />;
  return <Plain {...props} id={id} label={label} />;
}

const listOf = (value: unknown): never[] => (Array.isArray(value) ? value : []) as never[];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

type ControlProps = FieldProps & { id: string; label: string };

function Plain(props: ControlProps): ReactNode {
  const { t } = useTranslation('flows');
  const { id, label, schema, value, onChange } = props;
  if (schema.enum) {
    return (
      <Select
        id={id}
        value={(value ?? schema.default) as string}
        options={schema.enum.map((one) => ({ value: one as string, label: String(one) }))}
        onChange={onChange}
      />
    );
  }
  switch (schema.type) {
    case 'boolean':
      return <Switch id={id} aria-label={label} checked={(value ?? schema.default) === true} onChange={onChange} />;
    case 'integer':
    case 'number':
      return (
        <InputNumber
          id={id}
          style={{ width: '100%' }}
          value={(value as number | undefined) ?? null}
          placeholder={schema.default === undefined ? '' : t('panel.default', { value: schema.default })}
          onChange={(next) => onChange(next ?? undefined)}
        />
      );
    case 'string':
      return (
        <Input
          id={id}
          value={textOf(value)}
          placeholder={schema.default === undefined ? '' : t('panel.default', { value: schema.default })}
          onChange={(event) => onChange(event.target.value === '' && schema.default !== '' ? undefined : event.target.value)}
        />
      );
    case 'array':
      return schema.items?.properties ? <Entries {...props} /> : <JsonField id={id} value={value} onChange={onChange} />;
    case 'object':
      return schema.properties ? <JsonField id={id} value={value} onChange={onChange} /> : <Pairs {...props} />;
    default:
      return <JsonField id={id} value={value} onChange={onChange} />;
  }
}

function Words({ id, value, onChange }: { id: string; value: unknown; onChange(value: unknown): void }) {
  return (
    <Input.TextArea
      id={id}
      autoSize={{ minRows: 1, maxRows: 5 }}
      value={textOf(value)}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
    />
  );
}

/** Milliseconds, as people say them. */
function Seconds({ id, schema, value, onChange }: Pick<ControlProps, 'id' | 'schema' | 'value' | 'onChange'>) {
  const { t } = useTranslation(['flows', 'common']);
  return (
    <InputNumber
      id={id}
      style={{ width: '100%' }}
      value={typeof value === 'number' ? value / 1000 : null}
      step={0.5}
      suffix={t('common:seconds', { n: '' }).trim()}
      placeholder={typeof schema.default === 'number' ? t('panel.default', { value: schema.default / 1000 }) : ''}
      onChange={(next) => onChange(next === null ? undefined : Math.round(next * 1000))}
    />
  );
}

const isVariable = (schema: JsonSchema): boolean =>
  schema.properties?.variable !== undefined && Object.keys(schema.properties).length === 1;
const onlyKey = (schema: JsonSchema): string | undefined => {
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 1 ? keys[0] : undefined;
};

/** Either fixed or a variable; or one of several things, each under a name of its own. */
function Union(props: ControlProps): ReactNode {
  const { t } = useTranslation('flows');
  const { id, label, schema, value, onChange, path, problems } = props;
  const forms = schema.anyOf ?? [];
  const [fixed] = forms;
  if (forms.length === 2 && fixed && forms[1] && isVariable(forms[1])) {
    const shown = value ?? schema.default;
    const variable = typeof shown === 'object' && shown !== null;
    const inner = schema['x-kind'] === undefined ? fixed : { ...fixed, 'x-kind': schema['x-kind'] };
    return (
      <Flex gap={4}>
        <Select
          aria-label={`${label} ${t('field.type')}`}
          style={{ width: 92, flex: 'none' }}
          value={variable ? 'variable' : 'fixed'}
          options={[
            { value: 'fixed', label: t('panel.fixed') },
            { value: 'variable', label: t('panel.variable') },
          ]}
          onChange={(how) => onChange(how === 'variable' ? { variable: 'digits' } : undefined)}
        />
        <div style={{ flex: 1, minWidth: 0 }}>
          {variable ? (
            <NameSelect
              id={id}
              kind="variable"
              allowClear={false}
              value={textOf(objectOf(shown).variable)}
              onChange={(name) => onChange({ variable: name ?? '' })}
            />
          ) : (
            <Control {...props} schema={inner} value={value} />
          )}
        </div>
      </Flex>
    );
  }
  const keys = forms.map(onlyKey);
  if (keys.every((key) => key !== undefined)) {
    const chosen = keys.find((key) => key !== undefined && key in objectOf(value)) ?? keys[0] ?? '';
    const inner = forms[keys.indexOf(chosen)]?.properties?.[chosen] ?? {};
    return (
      <Flex vertical gap={4}>
        <Select
          id={id}
          value={chosen}
          options={keys.map((key) => ({ value: key, label: named(t, 'field', key ?? '') }))}
          onChange={(key: string) => onChange({ [key]: blankValue(forms[keys.indexOf(key)]?.properties?.[key]) })}
        />
        <Control
          path={`${path}.${chosen}`}
          name={chosen}
          required
          schema={inner}
          problems={problems}
          value={objectOf(value)[chosen]}
          onChange={(next) => onChange({ [chosen]: next ?? blankValue(inner) })}
        />
      </Flex>
    );
  }
  return <JsonField id={id} value={value} onChange={onChange} />;
}

const blankValue = (schema: JsonSchema | undefined): unknown =>
  schema?.anyOf?.[0]?.type === 'integer' || schema?.type === 'integer' ? 0 : '';

const SIDE_BY_SIDE = {
  flex: 1,
  minWidth: 0,
  display: 'grid',
  gridTemplateColumns: 'minmax(72px, 2fr) minmax(0, 5fr)',
  columnGap: 8,
} as const;

/** Two plain fields, e.g. a key and where it leads: one row. */
const isShort = ({ properties = {} }: JsonSchema): boolean => {
  const kinds = Object.values(properties).map((field) => field['x-kind']);
  return kinds.length === 2 && kinds.every((kind) => kind === undefined || kind === 'node' || kind === 'variable' || kind === 'expression');
};

/** A list of things that have fields: cases, choices, questions. */
function Entries({ path, schema, value, onChange, problems, label }: ControlProps) {
  const { t } = useTranslation('flows');
  const entries = listOf(value).map(objectOf);
  const item = schema.items ?? {};
  const fields = Object.entries(item.properties ?? {});
  const change = (index: number, name: string, next: unknown): void =>
    onChange(
      entries.map((entry, i) => {
        if (i !== index) return entry;
        const copy = { ...entry, [name]: next };
        if (next === undefined) delete copy[name];
        return copy;
      }),
    );
  return (
    <Flex vertical gap={8}>
      {entries.map((entry, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity but their place
        <Flex key={i} gap={4} align="start" className="flow-item">
          <div style={isShort(item) ? SIDE_BY_SIDE : { flex: 1, minWidth: 0 }}>
            {fields.map(([name, inner]) => (
              <SchemaField
                key={name}
                path={`${path}.${i}.${name}`}
                name={name}
                schema={inner}
                required={item.required?.includes(name) ?? false}
                value={entry[name]}
                onChange={(next) => change(i, name, next)}
                problems={problems}
              />
            ))}
          </div>
          <Button
            type="text"
            size="small"
            danger
            icon={<DeleteOutlined />}
            aria-label={`${t('editor.remove')} ${label} ${i + 1}`}
            onClick={() => onChange(entries.filter((_, j) => j !== i))}
          />
        </Flex>
      ))}
      <Button
        size="small"
        type="dashed"
        block
        icon={<PlusOutlined />}
        disabled={entries.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY)}
        onClick={() => onChange([...entries, blankOf(item, entries)])}
      >
        {t('panel.addRow')}
      </Button>
    </Flex>
  );
}

/** Texts by name. */
function Pairs({ id, label, value, onChange }: ControlProps) {
  const { t } = useTranslation('flows');
  const pairs = Object.entries(objectOf(value));
  const put = (next: [string, unknown][]): void => onChange(next.length === 0 ? undefined : Object.fromEntries(next));
  const fresh = (): string => {
    for (let n = 1; ; n++) if (!pairs.some(([name]) => name === `name${n}`)) return `name${n}`;
  };
  return (
    <Flex vertical gap={4} id={id}>
      {pairs.map(([name, text], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name changes while it is typed
        <Flex key={i} gap={4}>
          <Input
            aria-label={`${label} ${i + 1} ${t('panel.name')}`}
            value={name}
            style={{ width: '40%' }}
            onChange={(event) => put(pairs.map((pair, j) => (j === i ? [event.target.value, pair[1]] : pair)))}
          />
          <Input
            aria-label={`${label} ${i + 1} ${t('panel.value')}`}
            value={String(text)}
            onChange={(event) => put(pairs.map((pair, j) => (j === i ? [pair[0], event.target.value] : pair)))}
          />
          <Button
            type="text"
            size="small"
            danger
            icon={<DeleteOutlined />}
            aria-label={`${t('editor.remove')} ${label} ${i + 1}`}
            onClick={() => put(pairs.filter((_, j) => j !== i))}
          />
        </Flex>
      ))}
      <Button size="small" type="dashed" block icon={<PlusOutlined />} onClick={() => put([...pairs, [fresh(), '']])}>
        {t('panel.addRow')}
      </Button>
    </Flex>
  );
}

/** Lowest levels by skill. */
function Levels({ id, label, value, onChange }: ControlProps) {
  const { t } = useTranslation('flows');
  const { choices } = useEditor();
  const levels = Object.entries(objectOf(value));
  const put = (next: [string, unknown][]): void => onChange(Object.fromEntries(next));
  const free = (choices.skill ?? []).filter((skill) => !levels.some(([one]) => one === skill.value));
  return (
    <Flex vertical gap={4} id={id}>
      {levels.map(([skill, level], i) => (
        <Flex key={skill} gap={4} align="center">
          <span style={{ flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' }}>{skill}</span>
          {typeof level === 'number' ? (
            <InputNumber
              aria-label={`${label} ${skill}`}
              min={0}
              max={10}
              value={level}
              onChange={(next) => put(levels.map((pair, j) => (j === i ? [skill, next ?? 1] : pair)))}
            />
          ) : (
            <NameSelect
              kind="variable"
              label={`${label} ${skill}`}
              allowClear={false}
              value={textOf(objectOf(level).variable)}
              onChange={(name) => put(levels.map((pair, j) => (j === i ? [skill, { variable: name ?? '' }] : pair)))}
            />
          )}
          <Button
            type="text"
            size="small"
            aria-label={`${label} ${skill} ${typeof level === 'number' ? t('panel.variable') : t('panel.fixed')}`}
            onClick={() => put(levels.map((pair, j) => (j === i ? [skill, typeof level === 'number' ? { variable: 'digits' } : 1] : pair)))}
          >
            {typeof level === 'number' ? '{ }' : '1'}
          </Button>
          <Button
            type="text"
            size="small"
            danger
            icon={<DeleteOutlined />}
            aria-label={`${t('editor.remove')} ${skill}`}
            onClick={() => put(levels.filter((_, j) => j !== i))}
          />
        </Flex>
      ))}
      <Select
        aria-label={`${label} ${t('panel.addRow')}`}
        size="small"
        placeholder={t('panel.addRow')}
        value={null}
        options={free}
        onChange={(skill: string | null) => skill && put([...levels, [skill, 1]])}
      />
    </Flex>
  );
}
