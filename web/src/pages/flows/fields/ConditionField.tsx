import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Flex, Input, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { NameSelect } from './NameSelect.js';

type Condition = Record<string, unknown>;
const COMPARISONS = ['equals', 'oneOf', 'matches', 'lessThan', 'greaterThan'] as const;
const KINDS = [...COMPARISONS, 'timeOfDay', 'date', 'all', 'any', 'not'] as const;
type Kind = (typeof KINDS)[number];

const kindOf = (condition: Condition): Kind => KINDS.find((kind) => kind in condition) ?? 'equals';
const isComparison = (kind: Kind): boolean => (COMPARISONS as readonly string[]).includes(kind);

function blank(kind: Kind, before: Condition): Condition {
  const variable = typeof before.variable === 'string' ? before.variable : 'digits';
  switch (kind) {
    case 'equals':
    case 'matches':
      return { variable, [kind]: '' };
    case 'oneOf':
      return { variable, oneOf: [] };
    case 'lessThan':
    case 'greaterThan':
      return { variable, [kind]: 0 };
    case 'timeOfDay':
      return { timeOfDay: { from: '09:00', to: '18:00' } };
    case 'date':
      return { date: { from: '2026-10-01', to: '2026-10-07' } };
    case 'all':
    case 'any':
      return { [kind]: [{ variable, equals: '' }] };
    case 'not':
      return { not: { variable, equals: '' } };
  }
}

interface Props {
  id: string;
  value: Condition;
  label: string;
  onChange(value: Condition): void;
  depth?: number;
}

/** A condition without writing any code: comparisons, times, dates, and all, any, not of them. */
export function ConditionField({ id, value, label, onChange, depth = 0 }: Props) {
  const { t } = useTranslation('flows');
  const kind = kindOf(value);
  const kinds = depth >= 4 ? KINDS.filter((one) => !['all', 'any', 'not'].includes(one)) : KINDS;
  return (
    <Flex vertical gap={4} style={depth > 0 ? { borderInlineStart: '2px solid var(--flow-line)', paddingInlineStart: 8 } : {}}>
      <Flex gap={4}>
        {isComparison(kind) ? (
          <NameSelect
            id={id}
            kind="variable"
            label={`${label} ${t('panel.variable')}`}
            allowClear={false}
            value={String(value.variable ?? '')}
            onChange={(variable) => onChange({ ...value, variable: variable ?? '' })}
          />
        ) : null}
        <Select<Kind>
          aria-label={`${label} ${t('field.type')}`}
          value={kind}
          style={{ width: 112, flex: isComparison(kind) ? 'none' : 1 }}
          options={kinds.map((one) => ({ value: one, label: t(`condition.${one}`) }))}
          onChange={(next) => onChange(blank(next, value))}
        />
      </Flex>
      <Operand id={id} kind={kind} value={value} label={label} onChange={onChange} depth={depth} />
    </Flex>
  );
}

function Operand({ id, kind, value, label, onChange, depth }: Required<Props> & { kind: Kind }) {
  const { t } = useTranslation('flows');
  switch (kind) {
    case 'equals':
    case 'matches':
      return (
        <Input
          aria-label={label}
          value={String(value[kind] ?? '')}
          onChange={(event) => onChange({ ...value, [kind]: event.target.value })}
        />
      );
    case 'oneOf':
      return (
        <Select
          mode="tags"
          aria-label={label}
          placeholder={t('condition.oneOfHint')}
          value={value.oneOf as string[]}
          open={false}
          suffixIcon={null}
          onChange={(oneOf: string[]) => onChange({ ...value, oneOf })}
        />
      );
    case 'lessThan':
    case 'greaterThan':
      return (
        <InputNumber
          aria-label={label}
          style={{ width: '100%' }}
          value={value[kind] as number}
          onChange={(next) => onChange({ ...value, [kind]: next ?? 0 })}
        />
      );
    case 'timeOfDay':
    case 'date':
      return <Range kind={kind} value={value} label={label} onChange={onChange} />;
    case 'not':
      return (
        <ConditionField
          id={`${id}-n`}
          label={label}
          depth={depth + 1}
          value={value.not as Condition}
          onChange={(not) => onChange({ not })}
        />
      );
    case 'all':
    case 'any':
      return <Several id={id} kind={kind} value={value} label={label} onChange={onChange} depth={depth} />;
  }
}

function Range({
  kind,
  value,
  label,
  onChange,
}: {
  kind: 'timeOfDay' | 'date';
  value: Condition;
  label: string;
  onChange(value: Condition): void;
}) {
  const { t } = useTranslation('flows');
  const range = value[kind] as { from: string; to: string; days?: number[] };
  const change = (next: Partial<typeof range>): void => onChange({ [kind]: { ...range, ...next } });
  const type = kind === 'date' ? 'date' : 'time';
  return (
    <Flex vertical gap={4}>
      <Flex gap={4} align="center">
        <Input
          type={type}
          aria-label={`${label} ${t('condition.from')}`}
          value={range.from}
          onChange={(event) => change({ from: event.target.value })}
        />
        –
        <Input
          type={type}
          aria-label={`${label} ${t('condition.to')}`}
          value={range.to}
          onChange={(event) => change({ to: event.target.value })}
        />
      </Flex>
      {kind === 'timeOfDay' ? (
        <Select
          mode="multiple"
          aria-label={`${label} ${t('condition.days')}`}
          placeholder={t('condition.everyDay')}
          value={range.days ?? []}
          options={[1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: day, label: t(`weekday.${day}`) }))}
          onChange={(days: number[]) => {
            const { days: _, ...rest } = range;
            onChange({ timeOfDay: days.length === 0 ? rest : { ...rest, days: days.sort() } });
          }}
        />
      ) : null}
    </Flex>
  );
}

function Several({ id, kind, value, label, onChange, depth }: Required<Props> & { kind: 'all' | 'any' }) {
  const { t } = useTranslation('flows');
  const inner = value[kind] as Condition[];
  return (
    <Flex vertical gap={6}>
      {inner.map((one, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
        <Flex key={i} gap={4} align="start">
          <div style={{ flex: 1, minWidth: 0 }}>
            <ConditionField
              id={`${id}-${i}`}
              label={`${label} ${i + 1}`}
              depth={depth + 1}
              value={one}
              onChange={(next) => onChange({ [kind]: inner.map((other, j) => (j === i ? next : other)) })}
            />
          </div>
          <Button
            type="text"
            size="small"
            danger
            icon={<DeleteOutlined />}
            aria-label={`${t('editor.remove')} ${label} ${i + 1}`}
            disabled={inner.length < 2}
            onClick={() => onChange({ [kind]: inner.filter((_, j) => j !== i) })}
          />
        </Flex>
      ))}
      <Button
        size="small"
        type="dashed"
        icon={<PlusOutlined />}
        onClick={() => onChange({ [kind]: [...inner, { variable: 'digits', equals: '' }] })}
      >
        {t('condition.addInner')}
      </Button>
    </Flex>
  );
}
