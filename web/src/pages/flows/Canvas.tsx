import '@xyflow/react/dist/style.css';
import {
  applyNodeChanges,
  Background,
  type Connection,
  Controls,
  type Edge,
  type EdgeChange,
  MiniMap,
  type NodeChange as NodeMove,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react';
import type { TFunction } from 'i18next';
import { type DragEvent, memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTheme } from '../../app/theme.js';
import { Bundle, manyLines } from './Bundle.js';
import { nameAmong, useEditor } from './context.js';
import { aboutOf } from './model/about.js';
import type { Difference } from './model/difference.js';
import { type FlowDocument, type FlowNode, type Problem, type Types, type Way, waysOf } from './model/document.js';
import { lookOf } from './model/look.js';
import { openingView, READABLE } from './model/opening.js';
import { wayName } from './model/words.js';
import { type CardData, type CardNode, NodeCard, noProblems } from './NodeCard.js';

export type Instance = ReactFlowInstance<CardNode, Edge>;
export const DRAGGED = 'application/x-yixian-node';

/** What is lit while a call is simulated. */
export interface Lit {
  here: string | undefined;
  passed: ReadonlySet<string>;
  /** `from>to` of the ways that were taken. */
  ways: ReadonlySet<string>;
}

interface Props {
  doc: FlowDocument;
  types: Types;
  problems: readonly Problem[];
  selected: ReadonlySet<string>;
  lit: Lit | undefined;
  /** Drawn as a comparison: nothing can be changed. */
  compared: Difference | undefined;
  onReady(instance: Instance): void;
  onSelect(ids: ReadonlySet<string>): void;
  onMove(positions: Map<string, { x: number; y: number }>): void;
  onConnect(from: string, field: string, to: string): void;
  onDisconnect(ways: { from: string; field: string }[]): void;
  onRemove(ids: string[]): void;
  onDrop(type: string, position: { x: number; y: number }): void;
}

/** Only its end can be taken elsewhere: at its beginning a new one is drawn. */
const EDGE = { reconnectable: 'target' } as const;
// Given anew at each drawing they would have every line and card drawn anew, at each step of a drag.
const SNAP: [number, number] = [8, 8];
const DELETE = ['Delete', 'Backspace'];
const MANY = ['Shift', 'Control', 'Meta'];
const FIT = { maxZoom: 1, padding: 0.08 };
const PRO = { hideAttribution: true };
const MAP = { width: 150, height: 96 };
const NOTHING: ReadonlySet<string> = new Set();
const NODE_TYPES = { card: NodeCard };

/** Keeps what stays the same the same object: a card whose data is the same is not drawn again. */
function useCards({ doc, types, problems, selected, lit, compared }: Props): CardNode[] {
  const { t } = useTranslation('flows');
  const { choices } = useEditor();
  const known = useRef(new Map<string, CardNode>());
  const byNode = useMemo(() => groupedByNode(problems), [problems]);
  return useMemo(() => {
    const before = known.current;
    const next = new Map<string, CardNode>();
    for (const [id, node] of Object.entries(doc.nodes)) {
      const data: CardData = {
        node,
        about: aboutOf(node, (kind, id) => nameAmong(choices, kind, id)),
        types,
        start: doc.start === id,
        problems: byNode.get(id) ?? noProblems,
        lit: lit?.here === id ? 'here' : lit?.passed.has(id) ? 'passed' : undefined,
        change: compared?.nodes.get(id)?.change,
        fixed: compared !== undefined,
      };
      const old = before.get(id);
      const isSelected = selected.has(id);
      if (old && old.selected === isSelected && same(old.data, data)) next.set(id, old);
      else {
        const position = node.position ?? { x: 0, y: 0 };
        const label = `${node.label ?? t(`type.${node.type}`, { defaultValue: node.type })} ${id}`;
        next.set(id, {
          ...(old?.measured ? { measured: old.measured } : {}),
          ...{ id, type: 'card', position, data, selected: isSelected, ariaLabel: label },
        });
      }
    }
    known.current = next;
    return [...next.values()];
  }, [doc, types, byNode, selected, lit, compared, choices, t]);
}

function groupedByNode(problems: readonly Problem[]): Map<string, Problem[]> {
  const grouped = new Map<string, Problem[]>();
  for (const problem of problems) if (problem.node !== null) grouped.set(problem.node, [...(grouped.get(problem.node) ?? []), problem]);
  return grouped;
}

function same(a: CardData, b: CardData): boolean {
  return (
    a.node === b.node &&
    a.about === b.about &&
    a.types === b.types &&
    a.start === b.start &&
    a.lit === b.lit &&
    a.change === b.change &&
    a.fixed === b.fixed &&
    (a.problems === b.problems || JSON.stringify(a.problems) === JSON.stringify(b.problems))
  );
}

/** The lines; one that stays the same stays the same object, and all of them the same list while nothing of them changes. */
function useEdges(doc: FlowDocument, types: Types, lit: Lit | undefined, chosen: ReadonlySet<string>): Edge[] {
  const { t } = useTranslation('flows');
  const known = useRef<Edge[]>([]);
  const waysByNode = useMemo(() => namedWays(types, t), [types, t]);
  return useMemo(() => {
    const before = new Map(known.current.map((edge) => [edge.id, edge]));
    const edges = edgesOf(doc, waysByNode, lit, chosen).map((edge) => {
      const old = before.get(edge.id);
      const same = old && old.target === edge.target && old.className === edge.className && old.selected === edge.selected;
      return same && old.ariaLabel === edge.ariaLabel ? old : edge;
    });
    const same = edges.length === known.current.length && edges.every((edge, i) => edge === known.current[i]);
    if (!same) known.current = edges;
    return known.current;
  }, [doc, waysByNode, lit, chosen]);
}

type NamedWays = (node: FlowNode) => readonly (Way & { name: string })[];

/** The ways of a node with their names, found once for each state of a node: there may be a thousand. */
function namedWays(types: Types, t: TFunction): NamedWays {
  const known = new WeakMap<FlowNode, ReturnType<NamedWays>>();
  return (node) => {
    let ways = known.get(node);
    if (!ways) {
      ways = waysOf(node, types).map((way) => ({ ...way, name: wayName(t, node, way.field) }));
      known.set(node, ways);
    }
    return ways;
  };
}

function edgesOf(doc: FlowDocument, waysByNode: NamedWays, lit: Lit | undefined, chosen: ReadonlySet<string>): Edge[] {
  return Object.entries(doc.nodes).flatMap(([source, node]) =>
    waysByNode(node).flatMap(({ field, target, name }): Edge[] => {
      if (target === undefined || !doc.nodes[target]) return [];
      const id = `${source}>${field}`;
      const className = lit?.ways.has(`${source}>${target}`) ? 'flow-lit' : '';
      // the end by its id alone: hundreds of lines may lead to one node, and its label changes with each letter that is typed
      const ariaLabel = `${name}: ${node.label ? `${node.label} ` : ''}${source} → ${target}`;
      return [{ id, source, target, sourceHandle: field, className, selected: chosen.has(id), ariaLabel, ...EDGE }];
    }),
  );
}

/** The flow as it is drawn. Drawn anew only when something of it changed: not while somebody types beside it. */
export const Canvas = memo(function Canvas(props: Props) {
  const { doc, types, lit, compared, onReady, onSelect, onMove, onConnect, onDisconnect, onRemove, onDrop } = props;
  const { t } = useTranslation('flows');
  const { dark } = useTheme();
  const instance = useRef<Instance>(undefined);
  const cards = useCards(props);
  // While nodes are dragged only the canvas knows where they are; the document is told at the end.
  const [nodes, setNodes] = useState(cards);
  const shown = useRef(nodes);
  shown.current = nodes;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setNodes((now) => carried(now, cards)), [cards]);
  const edges = useEdges(doc, types, lit, chosen);
  const [dragged, setDragged] = useState<ReadonlySet<string>>(NOTHING);
  const bundle = useMemo(() => manyLines(edges, dragged), [edges, dragged]);

  const onNodesChange = useCallback(
    (changes: NodeMove<CardNode>[]) => {
      const picks = changes.filter((one) => one.type === 'select');
      if (picks.length > 0) {
        const next = new Set(shown.current.filter((one) => one.selected).map((one) => one.id));
        for (const { id, selected } of picks) selected ? next.add(id) : next.delete(id);
        onSelect(next);
      }
      const others = changes.filter((one) => one.type !== 'remove');
      setNodes((now) => applyNodeChanges(others, now));
      const held = changes.flatMap((one) => (one.type === 'position' && one.dragging ? [one.id] : []));
      if (held.length > 0) setDragged((now) => (held.length === now.size && held.every((id) => now.has(id)) ? now : new Set(held)));
      else if (changes.some((one) => one.type === 'position')) setDragged(NOTHING);
      // by the arrow keys: no drag that would end
      const steps = changes.flatMap((one) =>
        one.type === 'position' && one.dragging !== true && one.position ? [[one.id, one.position] as const] : [],
      );
      if (steps.length > 0) onMove(new Map(steps));
    },
    [onSelect, onMove],
  );
  const labels = useMemo(
    () => ({
      'controls.zoomIn.ariaLabel': t('editor.zoomIn'),
      'controls.zoomOut.ariaLabel': t('editor.zoomOut'),
      'controls.fitView.ariaLabel': t('editor.fit'),
      'minimap.ariaLabel': t('editor.minimap'),
      'controls.ariaLabel': t('editor.view'),
      'node.a11yDescription.default': t('editor.nodeKeys'),
      'node.a11yDescription.keyboardDisabled': t('editor.nodeKeys'),
      'node.a11yDescription.ariaLiveMessage': ({ x, y }: { x: number; y: number }) => t('editor.nodeMoved', { x, y }),
      'edge.a11yDescription.default': t('editor.edgeKeys'),
      'handle.ariaLabel': t('editor.handle'),
    }),
    [t],
  );
  const onLine = useCallback(
    ({ source, sourceHandle, target }: Connection) => sourceHandle && onConnect(source, sourceHandle, target),
    [onConnect],
  );
  const onReconnect = useCallback(
    (old: Edge, { source, sourceHandle, target }: Connection) => {
      if (old.source === source && old.sourceHandle === sourceHandle && sourceHandle) onConnect(source, sourceHandle, target);
    },
    [onConnect],
  );
  const onDelete = useCallback(
    ({ nodes: gone, edges: cut }: { nodes: CardNode[]; edges: Edge[] }) => {
      const ids = new Set(gone.map((one) => one.id));
      const ways = cut.filter((one) => !ids.has(one.source) && !ids.has(one.target));
      if (ways.length > 0) onDisconnect(ways.map((one) => ({ from: one.source, field: one.sourceHandle ?? '' })));
      if (ids.size > 0) onRemove([...ids]);
    },
    [onDisconnect, onRemove],
  );
  const onEdgesChange = useCallback((changes: EdgeChange[]) => {
    setChosen((now) => {
      const next = new Set(now);
      for (const one of changes) if (one.type === 'select') one.selected ? next.add(one.id) : next.delete(one.id);
      return next;
    });
  }, []);
  const frame = useRef<HTMLElement>(null);
  const opened = useRef(doc);
  const onInit = useCallback(
    (made: Instance) => {
      instance.current = made;
      onReady(made);
      const { clientWidth: width = 0, clientHeight: height = 0 } = frame.current ?? {};
      const view = made.getZoom() < READABLE ? openingView(opened.current, types, { width, height }) : undefined;
      if (view) void made.setViewport(view);
    },
    [onReady, types],
  );
  const drop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData(DRAGGED);
    if (type === '' || !instance.current) return;
    event.preventDefault();
    onDrop(type, instance.current.screenToFlowPosition({ x: event.clientX - 108, y: event.clientY - 23 }));
  };

  return (
    <section
      ref={frame}
      className="flow-canvas"
      aria-label={t('editor.canvas')}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      {nodes.length === 0 ? <p className="flow-empty">{t('editor.empty')}</p> : null}
      <ReactFlow<CardNode, Edge>
        nodes={nodes}
        edges={bundle.others}
        nodeTypes={NODE_TYPES}
        defaultEdgeOptions={EDGE}
        onInit={onInit}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={onLine}
        onDelete={onDelete}
        onReconnect={onReconnect}
        deleteKeyCode={compared ? null : DELETE}
        multiSelectionKeyCode={MANY}
        nodesDraggable={!compared}
        nodesConnectable={!compared}
        nodesFocusable
        edgesFocusable={!compared}
        colorMode={dark ? 'dark' : 'light'}
        minZoom={0.03}
        maxZoom={2}
        snapToGrid
        snapGrid={SNAP}
        onlyRenderVisibleElements
        fitView
        fitViewOptions={FIT}
        ariaLabelConfig={labels}
        proOptions={PRO}
      >
        <Background gap={16} />
        {bundle.lines.length > 0 ? <Bundle lines={bundle.lines} /> : null}
        <Controls showInteractive={false} />
        <MiniMap pannable zoomable style={MAP} nodeStrokeWidth={3} nodeColor={colourOf} />
      </ReactFlow>
    </section>
  );
});

const COLOURS = { speak: '#5b9be6', decide: '#c99440', people: '#57ad66', other: '#888' };
const colourOf = (card: CardNode): string => (card.data.problems.length > 0 ? '#d6363e' : COLOURS[lookOf(card.data.node.type).group]);

/** What was measured stays measured. */
function carried(now: readonly CardNode[], next: readonly CardNode[]): CardNode[] {
  const known = new Map(now.map((one) => [one.id, one]));
  return next.map((card) => {
    const old = known.get(card.id);
    if (!old || old === card) return card;
    const samePlace = old.position.x === card.position.x && old.position.y === card.position.y;
    if (samePlace && old.data === card.data && old.selected === card.selected) return old;
    return { ...card, ...(old.measured ? { measured: old.measured } : {}) };
  });
}
