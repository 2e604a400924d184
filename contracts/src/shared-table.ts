import type { Cluster, NodeId } from './cluster.js';

/**
 * A small table of which each process of the hotline writes its own rows, and all read all: counts, places, what rings. Rows
 * of a process that is gone are gone with it. What another process has written is seen a moment later.
 */
export interface SharedTable<V> {
  /** This process's row under the key; undefined takes it away. */
  set(key: string, value: V | undefined): void;
  /** The rows under a key, by process. */
  at(key: string): ReadonlyMap<NodeId, V>;
  /** Every key that any process has a row under. */
  keys(): Iterable<string>;
  close(): void;
}

type Said<V> = { key: string; value: V | null } | { rows: ReadonlyArray<readonly [key: string, value: V]> };

/**
 * @param topic of the messages, one for each table
 * @param changed told of every key whose rows of other processes have changed
 */
export function createSharedTable<V>(cluster: Cluster, topic: string, changed: (key: string) => void = () => {}): SharedTable<V> {
  const self = cluster.self.node;
  const rows = new Map<string, Map<NodeId, V>>();
  const none: ReadonlyMap<NodeId, V> = new Map();

  function put(node: NodeId, key: string, value: V | undefined): void {
    const row = rows.get(key) ?? new Map<NodeId, V>();
    if (value === undefined) row.delete(node);
    else row.set(node, value);
    if (row.size > 0) rows.set(key, row);
    else rows.delete(key);
    if (node !== self) changed(key);
  }

  function replace(node: NodeId, all: ReadonlyArray<readonly [string, V]>): void {
    const told = new Map(all);
    for (const [key, row] of [...rows]) if (row.has(node) && !told.has(key)) put(node, key, undefined);
    for (const [key, value] of told) put(node, key, value);
  }

  function own(): Said<V> {
    return {
      rows: [...rows].flatMap(([key, row]) => {
        const value = row.get(self);
        return value === undefined ? [] : [[key, value] as const];
      }),
    };
  }

  const stops = [
    cluster.receive(topic, ({ from, body }) => {
      if (from === self) return;
      const said = body as Said<V>;
      if ('rows' in said) replace(from, said.rows);
      else put(from, said.key, said.value ?? undefined);
    }),
    cluster.onNodes(({ node, kind }) => {
      if (kind === 'joined') cluster.post(node.node, topic, own());
      if (kind === 'left') replace(node.node, []);
    }),
  ];
  if (cluster.nodes().length > 1) cluster.broadcast(topic, own());

  return {
    set(key, value) {
      put(self, key, value);
      if (cluster.nodes().length > 1) cluster.broadcast(topic, { key, value: value ?? null } satisfies Said<V>);
    },
    at: (key) => rows.get(key) ?? none,
    keys: () => rows.keys(),
    close() {
      for (const stop of stops) stop();
    },
  };
}
