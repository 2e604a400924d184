import { AutoComplete, Select } from 'antd';
import { useState } from 'react';
import { useEditor } from '../context.js';
import type { FlowDocument } from '../model/document.js';

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
  const [open, setOpen] = useState(false);
  // Hundreds of names at each field would be made anew at each letter that is typed: only the one that is shown, until it is opened.
  const names = open ? undefined : value === undefined ? [] : [value];
  const options =
    kind === 'variable'
      ? (names ?? variables).map((one) => ({ value: one, label: one }))
      : kind === 'node'
        ? (names ?? Object.keys(doc.nodes)).map((one) => ({ value: one, label: nodeName(doc, one) }))
        : (choices[kind] ?? []);
  const common = {
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { 'aria-label': label }),
    ...(invalid ? { status: 'error' as const } : {}),
    allowClear,
    options,
    open,
    onOpenChange: setOpen,
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

function nodeName({ nodes }: FlowDocument, id: string): string {
  const label = nodes[id]?.label;
  return label ? `${label} · ${id}` : id;
}
