import { App } from 'antd';
import { type RefObject, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Instance } from './Canvas.js';
import * as document from './model/document.js';
import { layout } from './model/layout.js';
import type { Draft } from './use-draft.js';

type Place = { x: number; y: number };
const NOTHING: ReadonlySet<string> = new Set();

export interface Editing {
  selected: ReadonlySet<string>;
  select(ids: ReadonlySet<string>): void;
  /** Selects a node, and goes where it stands. */
  show(id: string): void;
  selectAll(): void;
  addAt(type: string, position: Place): void;
  addInMiddle(type: string): void;
  remove(ids: ReadonlySet<string>): void;
  connect(from: string, field: string, to: string): void;
  disconnect(ways: { from: string; field: string }[]): void;
  move(positions: Map<string, Place>): void;
  copy(ids?: ReadonlySet<string>): document.Clipping;
  paste(clipping: document.Clipping): void;
  rename(from: string, to: string): void;
  arrange(): void;
}

/** What can be done with nodes, and which of them are meant. */
export function useEditing(draft: Draft, types: document.Types, canvas: RefObject<Instance | undefined>, onSelected: () => void): Editing {
  const { t } = useTranslation('flows');
  const { message } = App.useApp();
  const { doc, edit } = draft;
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOTHING);
  // What the canvas is given has to stay the same while somebody types: it reads the document when it is needed.
  const now = useRef(doc);
  now.current = doc;

  const select = useCallback(
    (ids: ReadonlySet<string>) => {
      setSelected((before) => (before.size === ids.size && [...ids].every((id) => before.has(id)) ? before : ids));
      if (ids.size > 0) onSelected();
    },
    [onSelected],
  );
  const show = useCallback(
    (id: string) => {
      select(new Set([id]));
      void canvas.current?.fitView({ nodes: [{ id }], duration: 200, maxZoom: 1 });
    },
    [select, canvas],
  );
  const put = useCallback(
    (next: document.FlowDocument, ids: readonly string[]) => {
      if (Object.keys(next.nodes).length > document.MAX_NODES) return void message.error(t('editor.tooMany'));
      edit(next);
      select(new Set(ids));
    },
    [edit, select, message, t],
  );
  const addAt = useCallback(
    (type: string, position: Place) => {
      const added = document.addNode(now.current, types, type, position);
      put(added.doc, [added.id]);
    },
    [types, put],
  );
  const addInMiddle = useCallback((type: string) => addAt(type, freePlace(now.current, canvas.current)), [addAt, canvas]);
  const remove = useCallback(
    (ids: ReadonlySet<string>) => {
      edit((before) => document.removeNodes(before, types, ids));
      setSelected(NOTHING);
    },
    [edit, types],
  );
  const connect = useCallback(
    (from: string, field: string, to: string) =>
      edit((before) =>
        field.endsWith('.+') ? document.addWay(before, types, from, field.slice(0, -2), to) : document.connect(before, from, field, to),
      ),
    [edit, types],
  );
  const disconnect = useCallback(
    (ways: { from: string; field: string }[]) =>
      edit((before) => ways.reduce((one, { from, field }) => document.connect(one, from, field, undefined), before)),
    [edit],
  );
  const move = useCallback(
    // steps of the arrow keys are one; another node is another
    (positions: Map<string, Place>) => edit((before) => document.move(before, positions), `move ${[...positions.keys()].join(' ')}`),
    [edit],
  );
  const paste = useCallback(
    (clipping: document.Clipping) => {
      const pasted = document.pasteNodes(now.current, types, clipping);
      put(pasted.doc, pasted.ids);
      // from another flow they may lie where nobody looks
      setTimeout(() => void canvas.current?.fitView({ nodes: pasted.ids.map((id) => ({ id })), duration: 200, maxZoom: 1 }), 50);
    },
    [types, put, canvas],
  );
  return {
    selected,
    select,
    show,
    selectAll: () => setSelected(new Set(Object.keys(doc.nodes))),
    ...{ addAt, addInMiddle, remove, connect, disconnect, move, paste },
    copy: (ids = selected) => document.copyNodes(doc, ids),
    rename(from, to) {
      edit((before) => document.renameNode(before, types, from, to));
      setSelected(new Set([to]));
    },
    arrange() {
      edit((before) => document.move(before, layout(before, types)));
      setTimeout(() => void canvas.current?.fitView({ duration: 200, maxZoom: 1 }), 50);
    },
  };
}

/** The middle of what is seen, but not where another one lies already. */
function freePlace(doc: document.FlowDocument, canvas: Instance | undefined): Place {
  const area = globalThis.document.querySelector('.flow-canvas')?.getBoundingClientRect();
  const at = area && canvas?.screenToFlowPosition({ x: area.x + area.width / 2 - 108, y: area.y + area.height / 2 - 40 });
  let { x, y } = at ?? { x: 0, y: 0 };
  const taken = (): boolean =>
    Object.values(doc.nodes).some((node) => Math.abs((node.position?.x ?? 0) - x) < 24 && Math.abs((node.position?.y ?? 0) - y) < 24);
  while (taken()) {
    x += 32;
    y += 32;
  }
  return { x, y };
}
