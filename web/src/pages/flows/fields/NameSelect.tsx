import { AutoComplete, Select } from 'antd';
import { useEditor } from '../context.js';

interface Props {
  id?: string;
  /** A kind of the vocabulary: queue, prompt, variable … */
  kind: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
  allowClear?: boolean;
  label?: string;
  invalid?: boolean;
}

/** The id of something there is. What is not there yet may be written, too: the validator says so. */
export function NameSelect({ id, kind, value, onChange, allowClear = true, label, invalid = false }: Props) {
  const { choices, variables, doc } = useEditor();
  const options =
    kind === 'variable'
      ? variables.map((one) => ({ value: one, label: one }))
      : kind === 'node'
        ? Object.entries(doc.nodes).map(([one, node]) => ({ value: one, label: node.label ? `${node.label} · ${one}` : one }))
        : (choices[kind] ?? []);
  const common = {
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { 'aria-label': label }),
    ...(invalid ? { status: 'error' as const } : {}),
    allowClear,
    options,
    style: { width: '100%', minWidth: 0 },
  };
  if (kind === 'node') {
    return (
      <Select
        {...common}
        showSearch={{ optionFilterProp: 'label' }}
        value={value ?? null}
        onChange={(next: string | null) => onChange(next ?? undefined)}
      />
    );
  }
  return (
    <AutoComplete
      {...common}
      value={value ?? ''}
      showSearch={{ filterOption: (typed, option) => `${option?.value} ${option?.label}`.toLowerCase().includes(typed.toLowerCase()) }}
      onChange={(next: string | undefined) => onChange(next === undefined || next === '' ? undefined : next)}
    />
  );
}
