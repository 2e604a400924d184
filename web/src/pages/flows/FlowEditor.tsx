import './flows.css';
import { useQueryClient } from '@tanstack/react-query';
import type { FlowVocabulary } from '@yixian/contracts/browser';
import { Alert, App, Button, Drawer, Flex, Grid, Segmented, Typography } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../../app/api.js';
import { useFailure } from '../../app/use-failure.js';
import { Canvas, type Instance, type Lit } from './Canvas.js';
import { type EditorContext, EditorProvider, useChoices } from './context.js';
import { EditorBar } from './EditorBar.js';
import { type Difference, difference, merged } from './model/difference.js';
import * as document from './model/document.js';
import { layout, placeMissing } from './model/layout.js';
import { Palette } from './Palette.js';
import { FlowPanel } from './panels/FlowPanel.js';
import { NodePanel } from './panels/NodePanel.js';
import { SimulatePanel } from './panels/SimulatePanel.js';
import { VersionsPanel } from './panels/VersionsPanel.js';
import type { FlowDetail } from './types.js';
import { isConflict, useDraft } from './use-draft.js';
import { useGuard } from './use-guard.js';
import { useShortcuts } from './use-shortcuts.js';

type Tab = 'node' | 'simulate' | 'versions';
const NOTHING: ReadonlySet<string> = new Set();

interface Props {
  flow: FlowDetail;
  vocabulary: FlowVocabulary;
  onChanged(flow: FlowDetail): void;
}

/** 流程编辑: the canvas in the middle, node types at the left, what is selected at the right. */
export function FlowEditor({ flow, vocabulary, onChanged }: Props) {
  const { t } = useTranslation(['flows', 'common']);
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const client = useQueryClient();
  const types = useMemo(() => document.typesOf(vocabulary), [vocabulary]);
  const [opened] = useState(() => placeMissing(document.readDocument(flow.id, flow.document), types));
  const draft = useDraft(flow, opened);
  const { doc, edit } = draft;
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOTHING);
  const [tab, setTab] = useState<Tab>('node');
  const [lit, setLit] = useState<Lit>();
  const [compared, setCompared] = useState<{ version: number; document: document.FlowDocument; difference: Difference }>();
  const [panelOpen, setPanelOpen] = useState(false);
  const canvas = useRef<Instance>(undefined);
  const wide = Grid.useBreakpoint().lg ?? true;
  const choices = useChoices();
  useGuard(draft.dirty);

  const context = useMemo<EditorContext>(
    () => ({ vocabulary, types, doc, problems: draft.problems, variables: document.variablesIn(doc, vocabulary), choices }),
    [vocabulary, types, doc, draft.problems, choices],
  );

  const select = useCallback((ids: ReadonlySet<string>) => {
    setSelected((now) => (now.size === ids.size && [...ids].every((id) => now.has(id)) ? now : ids));
    if (ids.size > 0) setTab((now) => (now === 'versions' ? now : 'node'));
  }, []);
  const show = useCallback(
    (id: string) => {
      select(new Set([id]));
      void canvas.current?.fitView({ nodes: [{ id }], duration: 200, maxZoom: 1 });
    },
    [select],
  );
  const addAt = useCallback(
    (type: string, position: { x: number; y: number }) => {
      if (Object.keys(doc.nodes).length >= document.MAX_NODES) return void message.error(t('editor.tooMany'));
      const added = document.addNode(doc, types, type, position);
      edit(added.doc);
      select(new Set([added.id]));
    },
    [doc, types, edit, select, message, t],
  );
  const addInMiddle = (type: string): void => {
    const area = globalThis.document.querySelector('.flow-canvas')?.getBoundingClientRect();
    const at = area && canvas.current?.screenToFlowPosition({ x: area.x + area.width / 2 - 108, y: area.y + area.height / 2 - 40 });
    // not where another one lies already
    let { x, y } = at ?? { x: 0, y: 0 };
    while (
      Object.values(doc.nodes).some((node) => Math.abs((node.position?.x ?? 0) - x) < 24 && Math.abs((node.position?.y ?? 0) - y) < 24)
    ) {
      x += 32;
      y += 32;
    }
    addAt(type, { x, y });
  };
  const remove = useCallback(
    (ids: ReadonlySet<string>) => {
      edit((now) => document.removeNodes(now, types, ids));
      setSelected(NOTHING);
    },
    [edit, types],
  );
  const connect = useCallback(
    (from: string, field: string, to: string) =>
      edit((now) =>
        field.endsWith('.+') ? document.addWay(now, types, from, field.slice(0, -2), to) : document.connect(now, from, field, to),
      ),
    [edit, types],
  );
  const paste = useCallback(
    (clipping: document.Clipping) => {
      const pasted = document.pasteNodes(doc, types, clipping);
      if (Object.keys(pasted.doc.nodes).length > document.MAX_NODES) return void message.error(t('editor.tooMany'));
      edit(pasted.doc);
      select(new Set(pasted.ids));
    },
    [doc, types, edit, select, message, t],
  );
  const save = useCallback(
    async (over = false): Promise<FlowDetail | undefined> => {
      try {
        const answer = await draft.save(over);
        onChanged(answer);
        await client.invalidateQueries({ queryKey: ['flows'] });
        void message.success(t('editor.saved'));
        return answer;
      } catch (error) {
        if (!isConflict(error)) {
          fail(error);
          return undefined;
        }
        modal.confirm({
          title: t('editor.conflictTitle'),
          content: t('editor.conflictHint'),
          okText: t('editor.reload'),
          cancelText: t('editor.overwrite'),
          onOk: async () => {
            const fresh = await get<FlowDetail>(`/flows/${flow.id}`);
            draft.reset(fresh, placeMissing(document.readDocument(flow.id, fresh.document), types));
            onChanged(fresh);
          },
          onCancel: () => void save(true),
        });
        return undefined;
      }
    },
    [draft, onChanged, client, message, t, fail, modal, flow.id, types],
  );
  const publish = async (): Promise<void> => {
    if (draft.problems.length > 0) {
      setSelected(NOTHING);
      setTab('node');
      setPanelOpen(true);
      return void message.error(t('editor.publishFaults', { n: draft.problems.length }));
    }
    if (!draft.dirty && !flow.draft) return void message.info(t('editor.publishNothing'));
    modal.confirm({
      title: t('editor.publishTitle', { name: doc.name }),
      content: t('editor.publishHint'),
      okText: t('editor.publish'),
      cancelText: t('common:cancel'),
      async onOk() {
        const stored = draft.dirty ? await save() : flow;
        if (!stored) return;
        try {
          const answer = await post<FlowDetail>(`/flows/${flow.id}/publish`, { revision: stored.revision });
          onChanged(answer);
          await client.invalidateQueries({ queryKey: ['flows'] });
          void message.success(t('editor.published', { n: answer.published?.version }));
        } catch (error) {
          fail(error);
        }
      },
    });
  };
  const arrange = (): void => {
    edit((now) => document.move(now, layout(now, types)));
    setTimeout(() => void canvas.current?.fitView({ duration: 200, maxZoom: 1 }), 50);
  };
  const here = tab === 'simulate' ? lit?.here : undefined;
  useEffect(() => {
    const zoom = canvas.current?.getZoom();
    if (here !== undefined && zoom !== undefined)
      void canvas.current?.fitView({ nodes: [{ id: here }], minZoom: zoom, maxZoom: zoom, duration: 200 });
  }, [here]);
  const selectAll = useCallback(() => setSelected(new Set(Object.keys(doc.nodes))), [doc]);
  const copy = useCallback(() => document.copyNodes(doc, selected), [doc, selected]);
  useShortcuts({
    undo: draft.undo,
    redo: draft.redo,
    save: () => void save(),
    selectAll,
    copy,
    paste,
    selected,
    remove: () => remove(selected),
    active: !compared,
  });

  const move = useCallback(
    (positions: Map<string, { x: number; y: number }>) => edit((now) => document.move(now, positions), 'move'),
    [edit],
  );
  const disconnect = useCallback(
    (ways: { from: string; field: string }[]) =>
      edit((now) => ways.reduce((one, { from, field }) => document.connect(one, from, field, undefined), now)),
    [edit],
  );
  const removeThese = useCallback((ids: string[]) => remove(new Set(ids)), [remove]);
  const ready = useCallback((made: Instance) => {
    canvas.current = made;
  }, []);
  const drawn = compared ? placeMissing(merged(compared.document, doc), types) : doc;

  const [only] = selected.size === 1 ? selected : [];
  const panel = (
    <div style={{ paddingTop: 8 }}>
      <Segmented<Tab>
        block
        value={tab}
        onChange={(next) => {
          setTab(next);
          if (next !== 'versions') setCompared(undefined);
        }}
        options={[
          { value: 'node', label: t('tab.node') },
          { value: 'simulate', label: t('tab.simulate') },
          { value: 'versions', label: t('tab.versions') },
        ]}
        style={{ marginBottom: 12 }}
      />
      {tab === 'simulate' ? <SimulatePanel doc={doc} onLit={setLit} /> : null}
      {tab === 'versions' ? (
        <VersionsPanel
          flow={flow}
          compared={compared}
          onCompare={(version, before) => setCompared({ version, document: before, difference: difference(before, doc) })}
          onClose={() => setCompared(undefined)}
          onEdit={(fresh) => {
            edit(placeMissing(fresh, types));
            setTab('node');
          }}
          onChanged={onChanged}
          onShow={show}
        />
      ) : null}
      {tab === 'node' && only !== undefined && doc.nodes[only] ? (
        <NodePanel
          key={only}
          id={only}
          onField={(path, value) => edit((now) => document.setField(now, only, path, value), `${only}.${path}`)}
          onReplace={(node) => edit((now) => ({ ...now, nodes: { ...now.nodes, [only]: node } }), `${only}.json`)}
          onRename={(to) => {
            edit((now) => document.renameNode(now, types, only, to));
            setSelected(new Set([to]));
          }}
          onStart={() => edit((now) => ({ ...now, start: only }))}
          onDuplicate={() => paste(document.copyNodes(doc, new Set([only])))}
          onRemove={() => remove(new Set([only]))}
        />
      ) : null}
      {tab === 'node' && selected.size > 1 ? (
        <Several count={selected.size} onDuplicate={() => paste(copy())} onRemove={() => remove(selected)} />
      ) : null}
      {tab === 'node' && selected.size === 0 ? (
        <>
          <Typography.Paragraph type="secondary">{t('panel.nothing')}</Typography.Paragraph>
          <FlowPanel onChange={edit} onShow={show} />
        </>
      ) : null}
    </div>
  );

  return (
    <EditorProvider value={context}>
      <div className="flow-editor" style={{ margin: wide ? -16 : -8 }}>
        <EditorBar
          flow={flow}
          draft={draft}
          wide={wide}
          onSave={() => void save()}
          onPublish={() => void publish()}
          onArrange={arrange}
          onFind={show}
          onProblems={() => {
            setSelected(NOTHING);
            setTab('node');
            setPanelOpen(true);
          }}
          onPanel={() => setPanelOpen(true)}
          onAdd={addInMiddle}
        />
        {draft.left ? (
          <Alert
            type="warning"
            banner
            title={t('editor.restoreTitle')}
            action={
              <Flex gap={6}>
                <Button
                  size="small"
                  type="primary"
                  onClick={() => {
                    if (draft.left) edit(draft.left);
                    draft.discardLeft();
                  }}
                >
                  {t('editor.restore')}
                </Button>
                <Button size="small" onClick={draft.discardLeft}>
                  {t('editor.discard')}
                </Button>
              </Flex>
            }
          />
        ) : null}
        <div className="flow-body">
          {wide ? <Palette types={types} onAdd={addInMiddle} /> : null}
          <Canvas
            doc={drawn}
            types={types}
            problems={compared ? NO_PROBLEMS : draft.problems}
            selected={selected}
            lit={tab === 'simulate' ? lit : undefined}
            compared={compared?.difference}
            onReady={ready}
            onSelect={select}
            onMove={move}
            onConnect={connect}
            onDisconnect={disconnect}
            onRemove={removeThese}
            onDrop={addAt}
          />
          {wide ? (
            <aside className="flow-side" aria-label={t(`tab.${tab}`)}>
              {panel}
            </aside>
          ) : (
            <Drawer open={panelOpen} onClose={() => setPanelOpen(false)} placement="bottom" size="70dvh" title={doc.name}>
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

const NO_PROBLEMS: readonly document.Problem[] = [];

function Several({ count, onDuplicate, onRemove }: { count: number; onDuplicate(): void; onRemove(): void }) {
  const { t } = useTranslation('flows');
  return (
    <Flex vertical gap={8}>
      <Typography.Text>{t('panel.several', { n: count })}</Typography.Text>
      <Flex gap={8}>
        <Button onClick={onDuplicate}>{t('editor.duplicate')}</Button>
        <Button danger onClick={onRemove}>
          {t('editor.remove')}
        </Button>
      </Flex>
    </Flex>
  );
}
