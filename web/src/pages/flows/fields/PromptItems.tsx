import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined, SoundOutlined } from '@ant-design/icons';
import { Button, Flex, Input, Select, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../context.js';
import { hintOf, named } from '../model/words.js';
import { HearButton } from '../prompts/HearButton.js';
import { PromptDialog } from '../prompts/PromptDialog.js';
import { promptSource, textSource } from '../prompts/player.js';
import { NameSelect } from './NameSelect.js';

type Item = string | Record<string, unknown>;
const KINDS = ['prompt', 'say', 'number', 'digits', 'as', 'value'] as const;
type Kind = (typeof KINDS)[number];

function kindOf(item: Item): Kind {
  if (typeof item === 'string') return 'prompt';
  if ('say' in item) return 'say';
  if ('number' in item) return 'number';
  if ('digits' in item) return 'digits';
  return 'value' in item ? 'value' : 'as';
}

function blank(kind: Kind): Item {
  switch (kind) {
    case 'prompt':
      return '';
    case 'say':
      return { say: '' };
    case 'number':
    case 'digits':
      return { [kind]: 'digits' };
    case 'as':
      return { as: 'number', variable: 'digits' };
    case 'value':
      return { as: 'date', value: '' };
  }
}

interface Props {
  id: string;
  value: Item[];
  onChange(value: Item[]): void;
  label: string;
}

/** What is said, one after the other: prompts, texts, values. */
export function PromptItems({ id, value: given, onChange, label }: Props) {
  // a document written by hand may hold anything
  const value = given.map((one) => (typeof one === 'object' && one !== null ? one : String(one ?? '')));
  const { t } = useTranslation('flows');
  const replace = (index: number, item: Item): void => onChange(value.map((one, i) => (i === index ? item : one)));
  const swap = (a: number, b: number): void => {
    const next = [...value];
    const [first, second] = [next[a], next[b]];
    if (first === undefined || second === undefined) return;
    next[a] = second;
    next[b] = first;
    onChange(next);
  };
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }} aria-label={label} id={id}>
      <Flex vertical gap={8}>
        {value.map((item, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
          <Flex key={i} vertical gap={4} className="flow-item">
            <Flex gap={4} align="center">
              <Select<Kind>
                aria-label={`${label} ${i + 1}`}
                size="small"
                value={kindOf(item)}
                style={{ width: 110 }}
                options={KINDS.map((kind) => ({ value: kind, label: t(`item.${kind}`) }))}
                onChange={(kind) => replace(i, blank(kind))}
              />
              <span style={{ flex: 1 }} />
              <Hear item={item} id={`${id}-${i}`} />
              <Space.Compact size="small">
                <Button
                  type="text"
                  size="small"
                  icon={<ArrowUpOutlined />}
                  disabled={i === 0}
                  aria-label={t('panel.moveUp')}
                  onClick={() => swap(i, i - 1)}
                />
                <Button
                  type="text"
                  size="small"
                  icon={<ArrowDownOutlined />}
                  disabled={i === value.length - 1}
                  aria-label={t('panel.moveDown')}
                  onClick={() => swap(i, i + 1)}
                />
                <Button
                  type="text"
                  size="small"
                  danger
                  icon={<DeleteOutlined />}
                  aria-label={`${t('editor.remove')} ${label} ${i + 1}`}
                  onClick={() => onChange(value.filter((_, j) => j !== i))}
                />
              </Space.Compact>
            </Flex>
            <ItemValue item={item} label={`${label} ${i + 1}`} onChange={(next) => replace(i, next)} />
          </Flex>
        ))}
        <Button size="small" type="dashed" block icon={<PlusOutlined />} onClick={() => onChange([...value, ''])}>
          {t('item.add')}
        </Button>
      </Flex>
    </fieldset>
  );
}

function Hear({ item, id }: { item: Item; id: string }) {
  const { doc } = useEditor();
  if (typeof item === 'string') return <HearButton id={id} sources={[promptSource(item, doc.language)]} disabled={item === ''} of={item} />;
  if (typeof item.say !== 'string') return null;
  return <HearButton id={id} sources={[textSource(item.say, doc.language)]} disabled={item.say.trim() === ''} />;
}

function ItemValue({ item, label, onChange }: { item: Item; label: string; onChange(item: Item): void }) {
  const { t } = useTranslation('flows');
  const { vocabulary } = useEditor();
  if (typeof item === 'string') return <PromptPicker value={item} label={label} onChange={onChange} />;
  const kind = kindOf(item);
  if (kind === 'say') {
    return (
      <Input.TextArea
        autoSize={{ minRows: 1, maxRows: 4 }}
        aria-label={label}
        placeholder={hintOf(t, 'template')}
        value={String(item.say)}
        onChange={(event) => onChange({ say: event.target.value })}
      />
    );
  }
  if (kind === 'number' || kind === 'digits') {
    return (
      <NameSelect
        kind="variable"
        label={label}
        allowClear={false}
        value={String(item[kind])}
        onChange={(name) => onChange({ [kind]: name ?? '' })}
      />
    );
  }
  return (
    <Flex gap={4}>
      <Select
        aria-label={`${label} ${t('item.spokenAs')}`}
        value={String(item.as)}
        style={{ width: 120, flex: 'none' }}
        options={vocabulary.spokenAs.map((one) => ({ value: one, label: named(t, 'spoken', one) }))}
        onChange={(as) => onChange({ ...item, as })}
      />
      {kind === 'value' ? (
        <Input aria-label={label} value={String(item.value)} onChange={(event) => onChange({ ...item, value: event.target.value })} />
      ) : (
        <NameSelect
          kind="variable"
          label={label}
          allowClear={false}
          value={String(item.variable)}
          onChange={(name) => onChange({ ...item, variable: name ?? '' })}
        />
      )}
    </Flex>
  );
}

/** One of the prompts there are; another can be made on the spot, or this one said anew. */
export function PromptPicker({ id, value, label, onChange }: { id?: string; value: string; label: string; onChange(id: string): void }) {
  const { t } = useTranslation('flows');
  const { choices } = useEditor();
  const [making, setMaking] = useState(false);
  const known = (choices.prompt ?? []).map((one) => one.value);
  return (
    <Flex gap={4}>
      <NameSelect
        {...(id === undefined ? {} : { id })}
        kind="prompt"
        label={label}
        allowClear={false}
        value={value}
        onChange={(next) => onChange(next ?? '')}
      />
      <Button icon={<SoundOutlined />} aria-label={t('prompt.new')} title={t('prompt.new')} onClick={() => setMaking(true)} />
      <PromptDialog open={making} known={known} onClose={() => setMaking(false)} onSaved={onChange} />
    </Flex>
  );
}
