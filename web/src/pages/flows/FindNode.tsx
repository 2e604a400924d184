import { Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditor } from './context.js';
import { findNodes } from './model/find.js';
import { named, nodeTitle } from './model/words.js';

/** Finds a node by name, id, kind, by what it says, or by a variable it uses. Looks only while it is open: a flow may have hundreds. */
export function FindNode({ onFind }: { onFind(id: string): void }) {
  const { t } = useTranslation('flows');
  const { doc, choices } = useEditor();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const options = useMemo(() => {
    if (!open) return [];
    const texts = new Map((choices.prompt ?? []).map((one) => [one.value, one.text]));
    const titleOf = (node: { type: string }): string => `${nodeTitle(t, node)} ${named(t, 'type', node.type)} ${node.type}`;
    return findNodes(doc, typed, titleOf, (id) => texts.get(id)).map(({ id, where }) => {
      const node = doc.nodes[id];
      const name = node ? `${nodeTitle(t, node)} · ${id} · ${named(t, 'type', node.type)}` : id;
      return { value: id, label: where === undefined ? name : `${name} — ${where}` };
    });
  }, [open, typed, doc, choices, t]);
  return (
    <Select
      id="find-node"
      showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
      value={null}
      open={open}
      onOpenChange={setOpen}
      placeholder={t('editor.find')}
      aria-label={t('editor.find')}
      title={t('editor.findHint')}
      style={{ width: 160 }}
      options={options}
      notFoundContent={t('editor.foundNone')}
      popupMatchSelectWidth={320}
      onChange={(id: string | null) => {
        setTyped('');
        setOpen(false);
        if (id) onFind(id);
      }}
    />
  );
}
