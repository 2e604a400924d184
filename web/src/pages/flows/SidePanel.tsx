import { Button, Flex, Segmented, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Lit } from './Canvas.js';
import { type Difference, difference } from './model/difference.js';
import { copyNodes, type FlowDocument, setField, type Types } from './model/document.js';
import { placeMissing } from './model/layout.js';
import { FlowPanel } from './panels/FlowPanel.js';
import { JsonPanel } from './panels/JsonPanel.js';
import { NodePanel } from './panels/NodePanel.js';
import { SimulatePanel } from './panels/SimulatePanel.js';
import { VersionsPanel } from './panels/VersionsPanel.js';
import type { FlowDetail } from './types.js';
import type { Draft } from './use-draft.js';
import type { Editing } from './use-editing.js';

export type Tab = 'node' | 'json' | 'simulate' | 'versions';

/** What is edited, beside another document: a version, or what somebody else has saved. */
export interface Compared {
  /** Undefined: what the server has now. */
  version: number | undefined;
  document: FlowDocument;
  difference: Difference;
}

interface Props {
  flow: FlowDetail;
  draft: Draft;
  types: Types;
  editing: Editing;
  tab: Tab;
  onTab(tab: Tab): void;
  compared: Compared | undefined;
  onCompare(compared: Compared | undefined): void;
  onLit(lit: Lit | undefined): void;
  onChanged(flow: FlowDetail): void;
}

/** At the side: the node or the flow that is edited, the simulation, the versions. */
export function SidePanel({ flow, draft, types, editing, tab, onTab, compared, onCompare, onLit, onChanged }: Props) {
  const { t } = useTranslation('flows');
  const { doc, edit } = draft;
  return (
    <div style={{ paddingTop: 8 }}>
      <Segmented<Tab>
        block
        value={tab}
        onChange={(next) => {
          onTab(next);
          if (next !== 'versions') onCompare(undefined);
        }}
        options={[
          { value: 'node', label: t('tab.node') },
          { value: 'json', label: t('tab.json') },
          { value: 'simulate', label: t('tab.simulate') },
          { value: 'versions', label: t('tab.versions') },
        ]}
        style={{ marginBottom: 12 }}
      />
      {tab === 'json' ? <JsonPanel onChange={edit} /> : null}
      {tab === 'simulate' ? <SimulatePanel doc={doc} onLit={onLit} /> : null}
      {tab === 'versions' ? (
        <VersionsPanel
          flow={flow}
          compared={compared}
          onCompare={(version, before) => onCompare({ version, document: before, difference: difference(before, doc) })}
          onClose={() => onCompare(undefined)}
          onEdit={(fresh) => {
            edit(placeMissing(fresh, types));
            onTab('node');
          }}
          onChanged={onChanged}
          onShow={editing.show}
        />
      ) : null}
      {tab === 'node' ? <Selected draft={draft} editing={editing} /> : null}
    </div>
  );
}

/** One node, several of them, or the flow itself when none is selected. */
function Selected({ draft: { doc, edit }, editing }: Pick<Props, 'draft' | 'editing'>) {
  const { t } = useTranslation('flows');
  const { selected, copy, paste, remove, rename, show } = editing;
  const [only] = selected.size === 1 ? selected : [];
  if (only !== undefined && doc.nodes[only]) {
    return (
      <NodePanel
        key={only}
        id={only}
        onField={(path, value) => edit((now) => setField(now, only, path, value), `${only}.${path}`)}
        onReplace={(node) => edit((now) => ({ ...now, nodes: { ...now.nodes, [only]: node } }), `${only}.json`)}
        onRename={(to) => rename(only, to)}
        onStart={() => edit((now) => ({ ...now, start: only }))}
        onDuplicate={() => paste(copyNodes(doc, new Set([only])))}
        onRemove={() => remove(new Set([only]))}
      />
    );
  }
  if (selected.size > 1) {
    return (
      <Flex vertical gap={8}>
        <Typography.Text>{t('panel.several', { n: selected.size })}</Typography.Text>
        <Flex gap={8}>
          <Button onClick={() => paste(copy())}>{t('editor.duplicate')}</Button>
          <Button danger onClick={() => remove(selected)}>
            {t('editor.remove')}
          </Button>
        </Flex>
      </Flex>
    );
  }
  return (
    <>
      <Typography.Paragraph type="secondary">{t('panel.nothing')}</Typography.Paragraph>
      <FlowPanel onChange={edit} onShow={show} />
    </>
  );
}
