import './flows.css';
import type { FlowVocabulary } from '@yixian/contracts/browser';
import { App, Drawer, Grid } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUnsaved } from '../../kit/use-unsaved.js';
import { Canvas, type Instance, type Lit } from './Canvas.js';
import { type EditorContext, EditorProvider, useChoices } from './context.js';
import { EditorBar } from './EditorBar.js';
import { difference, merged } from './model/difference.js';
import * as document from './model/document.js';
import { placeMissing } from './model/layout.js';
import { Notices } from './Notices.js';
import { Palette } from './Palette.js';
import { type Compared, SidePanel, type Tab } from './SidePanel.js';
import type { FlowDetail } from './types.js';
import { useDraft } from './use-draft.js';
import { useEditing } from './use-editing.js';
import { useSaving } from './use-saving.js';
import { useShortcuts } from './use-shortcuts.js';

const NO_PROBLEMS: readonly document.Problem[] = [];
const NOTHING: ReadonlySet<string> = new Set();

interface Props {
  flow: FlowDetail;
  vocabulary: FlowVocabulary;
  onChanged(flow: FlowDetail): void;
}

/** 流程编辑: the canvas in the middle, node types at the left, what is selected at the right. */
export function FlowEditor({ flow, vocabulary, onChanged }: Props) {
  // those of the panels, too: words fetched later would hide the canvas meanwhile, and what has no size cannot be moved
  const { t } = useTranslation(['flows', 'records']);
  const { message } = App.useApp();
  const types = useMemo(() => document.typesOf(vocabulary), [vocabulary]);
  const [opened] = useState(() => placeMissing(document.readDocument(flow.id, flow.document), types));
  const draft = useDraft(flow, opened);
  const { doc, problems } = draft;
  const [tab, setTab] = useState<Tab>('node');
  const [lit, setLit] = useState<Lit>();
  const [compared, setCompared] = useState<Compared>();
  const [panelOpen, setPanelOpen] = useState(false);
  const canvas = useRef<Instance>(undefined);
  const wide = Grid.useBreakpoint().lg ?? true;
  const choices = useChoices();
  const toNode = useCallback(() => setTab((now) => (now === 'versions' || now === 'json' ? now : 'node')), []);
  const editing = useEditing(draft, types, canvas, toNode);
  const { selected, select } = editing;
  const showProblems = (): void => {
    select(NOTHING);
    setTab('node');
    setPanelOpen(true);
  };
  const saving = useSaving({ flow, draft, types, onChanged, onFaults: showProblems });
  useUnsaved(draft.dirty, t('editor.leaveHint'));
  useFollow(canvas, tab === 'simulate' ? lit?.here : undefined, !wide);
  useShortcuts({
    undo: draft.undo,
    redo: draft.redo,
    save: () => void saving.save(),
    selectAll: editing.selectAll,
    copy: editing.copy,
    paste: editing.paste,
    selected,
    remove: () => editing.remove(selected),
    types,
    onFault: ({ field, fault }) => void message.error(t(`paste.${fault}`, { field })),
    active: !compared,
  });

  const context = useMemo<EditorContext>(
    () => ({ vocabulary, types, doc, problems, variables: document.variablesIn(doc, vocabulary), choices }),
    [vocabulary, types, doc, problems, choices],
  );
  const { remove } = editing;
  const removeThese = useCallback((ids: string[]) => remove(new Set(ids)), [remove]);
  const ready = useCallback((made: Instance) => {
    canvas.current = made;
  }, []);
  const drawn = useMemo(() => (compared ? placeMissing(merged(compared.document, doc), types) : doc), [compared, doc, types]);
  const compareTheirs = (): void => {
    const theirs = saving.theirDocument();
    if (!theirs) return;
    setCompared({ version: undefined, document: theirs, difference: difference(theirs, doc) });
    setTab('versions');
    setPanelOpen(true);
  };
  const panel = (
    <SidePanel {...{ flow, draft, types, editing, tab, compared, onChanged }} onTab={setTab} onCompare={setCompared} onLit={setLit} />
  );

  return (
    <EditorProvider value={context}>
      <div className="flow-editor" style={{ margin: wide ? -16 : -8 }}>
        <EditorBar
          flow={flow}
          draft={draft}
          wide={wide}
          onSave={() => void saving.save()}
          onPublish={saving.publish}
          onArrange={editing.arrange}
          onFind={editing.show}
          onProblems={showProblems}
          onPanel={() => setPanelOpen(true)}
          onAdd={editing.addInMiddle}
        />
        <Notices draft={draft} saving={saving} onCompare={compareTheirs} />
        <div className="flow-body" data-covered={!wide && panelOpen}>
          {wide ? <Palette types={types} onAdd={editing.addInMiddle} /> : null}
          <Canvas
            doc={drawn}
            types={types}
            problems={compared ? NO_PROBLEMS : problems}
            selected={selected}
            lit={tab === 'simulate' ? lit : undefined}
            compared={compared?.difference}
            onReady={ready}
            onSelect={select}
            onMove={editing.move}
            onConnect={editing.connect}
            onDisconnect={editing.disconnect}
            onRemove={removeThese}
            onDrop={editing.addAt}
          />
          {wide ? (
            <aside className="flow-side" aria-label={t(`tab.${tab}`)}>
              {panel}
            </aside>
          ) : (
            // without a veil: the path that lights up is seen above it
            <Drawer
              open={panelOpen}
              onClose={() => setPanelOpen(false)}
              placement="bottom"
              size="58dvh"
              mask={false}
              title={doc.name}
              styles={{ header: { padding: '8px 16px' }, body: { padding: '0 16px 16px' } }}
            >
              <div className="flow-editor" style={{ height: 'auto', minHeight: 0 }}>
                {panel}
              </div>
            </Drawer>
          )}
        </div>
      </div>
    </EditorProvider>
  );
}

/** Zoom below which nothing of a card is told apart. */
const LEAST_ZOOM = 0.25;

/**
 * While a call is simulated the canvas goes where the call is; where there is little room, with the node it comes from, so that the
 * whole way is seen. As large as it was when the call began, smaller only where it would not fit.
 */
function useFollow(canvas: { current: Instance | undefined }, here: string | undefined, narrow: boolean): void {
  const began = useRef<number>(undefined);
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (here === undefined) {
      began.current = undefined;
      before.current = undefined;
      return;
    }
    began.current ??= canvas.current?.getZoom();
    const from = narrow && before.current !== here ? before.current : undefined;
    before.current = here;
    if (began.current === undefined) return;
    const nodes = [here, ...(from === undefined ? [] : [from])].map((id) => ({ id }));
    void canvas.current?.fitView({ nodes, minZoom: LEAST_ZOOM, maxZoom: began.current, duration: 200 });
  }, [here, canvas, narrow]);
}
