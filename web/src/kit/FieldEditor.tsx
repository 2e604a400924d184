import { DeleteOutlined, DownOutlined, PlusOutlined, UpOutlined } from '@ant-design/icons';
import { Button, Card, DatePicker, Flex, Form, Input, InputNumber, Select, Switch, TimePicker, Typography } from 'antd';
import dayjs from 'dayjs';
import { createContext, type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import { belongs, type Faults, type FieldSpec, type Values } from './fields.js';
import { useOptions } from './sources.js';

interface Surroundings {
  faults: Faults;
  isNew: boolean;
  /** The whole form. */
  root: Values;
}

export const FormContext = createContext<Surroundings>({ faults: {}, isNew: true, root: {} });

interface SetProps {
  fields: readonly FieldSpec[];
  values: Values;
  /** Of the labels in the catalogue. */
  prefix: string;
  /** Path of these values in the form. */
  at?: string;
  onChange(values: Values): void;
}

/** Fields side by side where there is room; nested ones take a line of their own. */
export function FieldSet({ fields, values, prefix, at = '', onChange }: SetProps) {
  const { isNew } = useContext(FormContext);
  const shown = fields.filter((field) => belongs(field, isNew) && (field.when?.(values) ?? true));
  return (
    <div className="kit-fields">
      {shown.map((field) => (
        <Labelled
          key={field.name}
          field={field}
          prefix={prefix}
          at={at === '' ? field.name : `${at}.${field.name}`}
          value={values[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </div>
  );
}

interface EditorProps<F extends FieldSpec = FieldSpec> {
  field: F;
  prefix: string;
  at: string;
  value: unknown;
  onChange(value: unknown): void;
}
type Kind<K extends FieldSpec['kind']> = Extract<FieldSpec, { kind: K }>;

const NESTED: FieldSpec['kind'][] = ['object', 'list', 'variants', 'levels'];
export const fieldId = (at: string): string => `field-${at.replaceAll('.', '-')}`;

function Labelled(props: EditorProps) {
  const { field, prefix, at } = props;
  const { t, i18n } = useTranslation('admin');
  const { faults } = useContext(FormContext);
  const key = `${prefix}.${field.name}`;
  const help = i18n.exists(`admin:${key}Help`) ? t(`${key}Help`) : undefined;
  const nested = NESTED.includes(field.kind);
  const fault = faults[at] ?? (nested ? undefined : Object.entries(faults).find(([path]) => path.startsWith(`${at}.`))?.[1]);
  return (
    <Form.Item
      className={nested ? 'kit-wide' : ''}
      label={t(key)}
      htmlFor={nested ? '' : fieldId(at)}
      required={field.required ?? false}
      {...(fault === undefined ? {} : { validateStatus: 'error' as const, help: fault })}
      extra={help}
    >
      <Editor {...props} />
    </Form.Item>
  );
}

function Editor(props: EditorProps): ReactNode {
  const { field, at, value, onChange } = props;
  const { isNew } = useContext(FormContext);
  const id = fieldId(at);
  const disabled = field.fixed === true && !isNew;
  switch (field.kind) {
    case 'text':
      return (
        <Input
          id={id}
          value={(value as string | null) ?? ''}
          disabled={disabled}
          placeholder={field.placeholder ?? ''}
          allowClear={field.nullable ?? false}
          onChange={(event) => onChange(field.nullable && event.target.value === '' ? null : event.target.value)}
        />
      );
    case 'secret':
      return (
        <Input.Password
          id={id}
          autoComplete="new-password"
          value={(value as string | undefined) ?? ''}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'number':
      return <NumberEditor {...props} field={field} />;
    case 'flag':
      return <Switch id={id} checked={value === true} onChange={onChange} />;
    case 'date':
      return (
        <DatePicker
          id={id}
          style={{ width: '100%' }}
          value={value ? dayjs(value as string) : null}
          onChange={(date) => onChange(date?.format('YYYY-MM-DD') ?? '')}
        />
      );
    case 'clock':
      return <ClockEditor {...props} />;
    case 'choice':
    case 'choices':
      return <ChoiceEditor {...props} field={field} />;
    case 'object':
      return <ObjectEditor {...props} field={field} />;
    case 'list':
      return <ListEditor {...props} field={field} />;
    case 'variants':
      return <VariantsEditor {...props} field={field} />;
    case 'levels':
      return <LevelsEditor {...props} field={field} />;
  }
}

function NumberEditor({ field, at, value, onChange }: EditorProps<Kind<'number'>>) {
  const { t } = useTranslation('admin');
  const unit = field.unit === undefined ? undefined : t(`units.${field.unit}`);
  return (
    <InputNumber
      id={fieldId(at)}
      style={{ width: '100%' }}
      min={field.min}
      max={field.max}
      suffix={unit}
      placeholder={field.nullable ? t('unlimited') : ''}
      value={(value as number | null | undefined) ?? null}
      onChange={(given) => onChange(given ?? (field.nullable ? null : undefined))}
    />
  );
}

/** A time of day; the end of a day is 24:00, which no clock shows, so it is typed. */
function ClockEditor({ at, value, onChange }: EditorProps) {
  const text = (value as string | undefined) ?? '';
  if (text === '24:00') {
    return <Input id={fieldId(at)} value={text} allowClear onChange={(event) => onChange(event.target.value || '18:00')} />;
  }
  return (
    <TimePicker
      id={fieldId(at)}
      format="HH:mm"
      minuteStep={5}
      needConfirm={false}
      style={{ width: '100%' }}
      value={text === '' ? null : dayjs(`2000-01-01T${text}`)}
      onChange={(time) => onChange(time?.format('HH:mm') ?? '')}
      renderExtraFooter={() => (
        <Button type="link" size="small" onClick={() => onChange('24:00')}>
          24:00
        </Button>
      )}
    />
  );
}

function ChoiceEditor({ field, prefix, at, value, onChange }: EditorProps<Kind<'choice'> | Kind<'choices'>>) {
  const { t } = useTranslation('admin');
  const { isNew } = useContext(FormContext);
  const found = useOptions(field.from);
  const named = (field.options ?? []).map((one) => ({ value: one, label: t(`${prefix}.${field.name}Is.${one}`) }));
  const several = field.kind === 'choices';
  const nullable = field.kind === 'choice' && (field.nullable ?? false);
  return (
    <Select<unknown>
      id={fieldId(at)}
      style={{ width: '100%' }}
      disabled={field.fixed === true && !isNew}
      allowClear={nullable}
      placeholder={nullable ? t('nothingChosen') : undefined}
      showSearch={field.from === undefined ? false : { optionFilterProp: 'label' }}
      {...(several ? { mode: field.free ? ('tags' as const) : ('multiple' as const) } : {})}
      options={[...named, ...found] as { value: string; label: string }[]}
      value={value ?? (several ? [] : undefined)}
      onChange={(chosen) => onChange(chosen ?? null)}
    />
  );
}

function ObjectEditor({ field, prefix, at, value, onChange }: EditorProps<Kind<'object'>>) {
  const { t } = useTranslation('admin');
  const on = value !== null && value !== undefined;
  return (
    <Card size="small">
      {field.start ? (
        <Switch
          checked={on}
          aria-label={t(`${prefix}.${field.name}`)}
          style={{ marginBottom: on ? 12 : 0 }}
          onChange={(checked) => onChange(checked ? field.start : null)}
        />
      ) : null}
      {on || !field.start ? (
        <FieldSet
          fields={field.fields}
          values={(value as Values | undefined) ?? {}}
          prefix={field.prefix ?? `${prefix}.of.${field.name}`}
          at={at}
          onChange={onChange}
        />
      ) : null}
    </Card>
  );
}

function ListEditor({ field, prefix, at, value, onChange }: EditorProps<Kind<'list'>>) {
  const { t } = useTranslation('admin');
  const rows = (value as Values[] | undefined) ?? [];
  const move = (from: number, to: number): void => {
    const next = [...rows];
    const [row] = next.splice(from, 1);
    if (row) next.splice(to, 0, row);
    onChange(next);
  };
  return (
    <Flex vertical gap={8}>
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name but their place
        <Card size="small" key={i}>
          <Flex gap={8} align="flex-start">
            <div style={{ flex: 1, minWidth: 0 }}>
              <FieldSet
                fields={field.fields}
                values={row}
                prefix={field.prefix ?? `${prefix}.of.${field.name}`}
                at={`${at}.${i}`}
                onChange={(changed) => onChange(rows.map((one, j) => (j === i ? changed : one)))}
              />
            </div>
            <Flex vertical>
              {field.ordered ? (
                <>
                  <Button
                    type="text"
                    size="small"
                    icon={<UpOutlined />}
                    aria-label={t('up')}
                    disabled={i === 0}
                    onClick={() => move(i, i - 1)}
                  />
                  <Button
                    type="text"
                    size="small"
                    icon={<DownOutlined />}
                    aria-label={t('down')}
                    disabled={i === rows.length - 1}
                    onClick={() => move(i, i + 1)}
                  />
                </>
              ) : null}
              <Button
                type="text"
                size="small"
                danger
                icon={<DeleteOutlined />}
                aria-label={t('removeRow')}
                onClick={() => onChange(rows.filter((_, j) => j !== i))}
              />
            </Flex>
          </Flex>
        </Card>
      ))}
      <Button type="dashed" icon={<PlusOutlined />} onClick={() => onChange([...rows, structuredClone(field.start)])}>
        {t('addRow')}
      </Button>
    </Flex>
  );
}

function VariantsEditor({ field, prefix, at, value, onChange }: EditorProps<Kind<'variants'>>) {
  const { t } = useTranslation('admin');
  const values = (value as Values | undefined) ?? {};
  const kind = values[field.key] as string | undefined;
  const variant = kind === undefined ? undefined : field.variants[kind];
  const key = field.prefix ?? `${prefix}.of.${field.name}`;
  return (
    <Flex vertical gap={8}>
      <Select
        id={fieldId(`${at}.${field.key}`)}
        aria-label={t(`${prefix}.${field.name}`)}
        value={kind}
        options={Object.keys(field.variants).map((one) => ({ value: one, label: t(`${key}.kindIs.${one}`) }))}
        onChange={(chosen) => onChange({ [field.key]: chosen, ...field.variants[chosen]?.start })}
      />
      {variant && variant.fields.length > 0 ? (
        <FieldSet fields={variant.fields} values={values} prefix={key} at={at} onChange={onChange} />
      ) : null}
    </Flex>
  );
}

function LevelsEditor({ field, at, value, onChange }: EditorProps<Kind<'levels'>>) {
  const { t } = useTranslation('admin');
  const { root, faults } = useContext(FormContext);
  const options = useOptions('skills');
  const skills = (root[field.skills] as string[] | undefined) ?? [];
  const levels = (value as Record<string, number> | undefined) ?? {};
  if (skills.length === 0) return <Typography.Text type="secondary">{t('noSkillsYet')}</Typography.Text>;
  const set = (skill: string, level: number | null): void => {
    const { [skill]: _, ...others } = levels;
    onChange(level === null ? others : { ...others, [skill]: level });
  };
  return (
    <div className="kit-fields">
      {skills.map((skill) => {
        const fault = faults[`${at}.${skill}`];
        return (
          <Form.Item
            key={skill}
            style={{ marginBottom: 0 }}
            label={options.find((one) => one.value === skill)?.label ?? skill}
            htmlFor={fieldId(`${at}.${skill}`)}
            {...(fault === undefined ? {} : { validateStatus: 'error' as const, help: fault })}
          >
            <InputNumber
              id={fieldId(`${at}.${skill}`)}
              min={field.least}
              max={10}
              style={{ width: '100%' }}
              placeholder={t('anyLevel')}
              value={levels[skill] ?? null}
              onChange={(level) => set(skill, level)}
            />
          </Form.Item>
        );
      })}
    </div>
  );
}
