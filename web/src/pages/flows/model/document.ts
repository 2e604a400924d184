import type { FlowVocabulary, NodeTypeDescription } from '@yixian/contracts/browser';

// A flow document as the editor changes it: every change is a new document, what is untouched stays the same object.

export interface FlowNode {
  type: string;
  label?: string;
  position?: { x: number; y: number };
  [field: string]: unknown;
}

export interface FlowDocument {
  id: string;
  name: string;
  language: string;
  start: string;
  variables?: string[];
  nodes: Record<string, FlowNode>;
}

export interface Problem {
  node: string | null;
  field: string;
  message: string;
}

/** One way out of a node as it stands. */
export interface Way {
  field: string;
  target: string | undefined;
  optional: boolean;
}

export type Types = ReadonlyMap<string, NodeTypeDescription>;

export interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  'x-kind'?: string;
}

export const MAX_NODES = 500;
export const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const typesOf = (vocabulary: FlowVocabulary): Types => new Map(vocabulary.nodes.map((one) => [one.type, one]));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a draft may hold is anything: what is no flow is read as far as it is one. */
export function readDocument(id: string, raw: unknown): FlowDocument {
  const given = isObject(raw) ? raw : {};
  const nodes = isObject(given.nodes) ? given.nodes : {};
  const readable = Object.entries(nodes).filter((entry): entry is [string, FlowNode] => isObject(entry[1]));
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  return {
    ...given,
    id: text(given.id, id),
    name: text(given.name, id),
    language: text(given.language, 'zh-CN'),
    start: text(given.start, readable[0]?.[0] ?? ''),
    nodes: Object.fromEntries(readable),
  };
}

export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const key of path.split('.')) current = (current as Record<string, unknown> | undefined | null)?.[key];
  return current;
}

/** A copy with the value at the path; undefined takes the field away. */
export function withValue<T>(value: T, path: string, next: unknown): T {
  const [key = '', ...rest] = path.split('.');
  const inner = rest.length === 0 ? next : withValue((value as Record<string, unknown>)?.[key] ?? {}, rest.join('.'), next);
  if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? inner : one)) as T;
  const copy = { ...value } as Record<string, unknown>;
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy as T;
}

export function waysOf(node: FlowNode, types: Types): Way[] {
  return (types.get(node.type)?.ways ?? []).flatMap(({ field, optional }): Way[] => {
    const star = field.indexOf('.*.');
    if (star < 0) return [{ field, optional, target: targetAt(node, field) }];
    const entries = valueAt(node, field.slice(0, star));
    return Array.isArray(entries)
      ? entries.map((_, i) => {
          const own = field.replace('*', String(i));
          return { field: own, optional, target: targetAt(node, own) };
        })
      : [];
  });
}

function targetAt(node: FlowNode, field: string): string | undefined {
  const target = valueAt(node, field);
  return typeof target === 'string' && target !== '' ? target : undefined;
}

/** Lists of which each entry is a way, e.g. a menu's choices. */
export const wayLists = (type: string, types: Types): string[] => [
  ...new Set((types.get(type)?.ways ?? []).flatMap(({ field }) => (field.includes('.*.') ? [field.slice(0, field.indexOf('.*.'))] : []))),
];

const withNode = (doc: FlowDocument, id: string, node: FlowNode): FlowDocument => ({ ...doc, nodes: { ...doc.nodes, [id]: node } });

export function setField(doc: FlowDocument, id: string, path: string, value: unknown): FlowDocument {
  const node = doc.nodes[id];
  return node ? withNode(doc, id, withValue(node, path, value)) : doc;
}

export function connect(doc: FlowDocument, id: string, field: string, target: string | undefined): FlowDocument {
  return setField(doc, id, field, target);
}

/** A new entry of a list of ways, leading to the target. */
export function addWay(doc: FlowDocument, types: Types, id: string, list: string, target: string | undefined): FlowDocument {
  const node = doc.nodes[id];
  if (!node) return doc;
  const entries = (valueAt(node, list) as Record<string, unknown>[] | undefined) ?? [];
  const schema = (types.get(node.type)?.schema as JsonSchema | undefined)?.properties?.[list]?.items;
  const entry = { ...blankOf(schema ?? {}, entries), ...(target === undefined ? {} : { next: target }) };
  return setField(doc, id, list, [...entries, entry]);
}

const KEYS = [...'1234567890*#'];

/** What a new entry begins with: its required fields, and a menu's next free key. */
export function blankOf(schema: JsonSchema, siblings: readonly unknown[] = []): Record<string, unknown> {
  const blank: Record<string, unknown> = {};
  for (const name of schema.required ?? []) {
    const field = schema.properties?.[name];
    if (!field || field['x-kind'] === 'node') continue;
    if (field.pattern === '^[0-9*#]$') {
      const used = siblings.map((one) => (one as Record<string, unknown>)[name]);
      blank[name] = KEYS.find((key) => !used.includes(key)) ?? '';
    } else if (field['x-kind'] === 'condition') blank[name] = { variable: 'digits', equals: '' };
    else if (field['x-kind'] === 'prompts' || field.type === 'array') blank[name] = [];
    else if (field.type === 'object') blank[name] = {};
    else if (field.type === 'string') blank[name] = '';
  }
  return blank;
}

export function newId(doc: FlowDocument, base: string): string {
  const stem = base.replace(/-\d+$/, '').slice(0, 58);
  for (let n = 1; ; n++) {
    const id = n === 1 ? stem : `${stem}-${n}`;
    if (!Object.hasOwn(doc.nodes, id)) return id;
  }
}

/** A node of the type with nothing but what has to be there. */
export function addNode(
  doc: FlowDocument,
  types: Types,
  type: string,
  position: { x: number; y: number },
): { doc: FlowDocument; id: string } {
  const schema = (types.get(type)?.schema ?? {}) as JsonSchema;
  const { type: _, ...blank } = blankOf(schema);
  for (const [name, value] of Object.entries(blank)) if (value === '') delete blank[name];
  const lists = wayLists(type, types).filter((list) => (schema.properties?.[list]?.minItems ?? 0) > 0);
  const id = newId(doc, type);
  const node = { type, ...blank, position: rounded(position) };
  let next = withNode(doc, id, node);
  for (const list of lists) next = addWay(next, types, id, list, undefined);
  if (!Object.hasOwn(next.nodes, next.start)) next = { ...next, start: id };
  return { doc: next, id };
}

const rounded = ({ x, y }: { x: number; y: number }) => ({ x: Math.round(x), y: Math.round(y) });

export function move(doc: FlowDocument, positions: ReadonlyMap<string, { x: number; y: number }>): FlowDocument {
  const nodes = { ...doc.nodes };
  let moved = false;
  for (const [id, place] of positions) {
    const [node, position] = [nodes[id], rounded(place)];
    // the canvas tells places that are the old ones, too: no step to undo
    if (!node || (node.position?.x === position.x && node.position.y === position.y)) continue;
    nodes[id] = { ...node, position };
    moved = true;
  }
  return moved ? { ...doc, nodes } : doc;
}

/** The nodes are gone, and the ways that led to them. */
export function removeNodes(doc: FlowDocument, types: Types, ids: ReadonlySet<string>): FlowDocument {
  const nodes: Record<string, FlowNode> = {};
  for (const [id, node] of Object.entries(doc.nodes)) {
    if (ids.has(id)) continue;
    let next = node;
    for (const { field, target } of waysOf(node, types))
      if (target !== undefined && ids.has(target)) next = withValue(next, field, undefined);
    nodes[id] = next;
  }
  return { ...doc, nodes, start: ids.has(doc.start) ? (Object.keys(nodes)[0] ?? '') : doc.start };
}

/** Another id; ways and the start follow. */
export function renameNode(doc: FlowDocument, types: Types, from: string, to: string): FlowDocument {
  const entries = Object.entries(doc.nodes).map(([id, node]): [string, FlowNode] => {
    let next = node;
    for (const { field, target } of waysOf(node, types)) if (target === from) next = withValue(next, field, to);
    return [id === from ? to : id, next];
  });
  return { ...doc, nodes: Object.fromEntries(entries), start: doc.start === from ? to : doc.start };
}

export interface Clipping {
  yixianFlowNodes: Record<string, FlowNode>;
}

export function copyNodes(doc: FlowDocument, ids: ReadonlySet<string>): Clipping {
  return { yixianFlowNodes: Object.fromEntries(Object.entries(doc.nodes).filter(([id]) => ids.has(id))) };
}

/** What cannot be pasted, and why: `field` is a path in the clipping. */
export interface ClippingFault {
  field: string;
  fault: 'empty' | 'tooMany' | 'id' | 'type' | 'node';
}

/**
 * The text of a clipboard as nodes. Undefined: it is something else, and not meant for the canvas.
 * What comes from a clipboard may have been written by anybody: only nodes of kinds there are, under ids that can be ids.
 */
export function readClipping(text: string, types: Types): Clipping | ClippingFault | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(found) || !isObject(found.yixianFlowNodes)) return undefined;
  const entries = Object.entries(found.yixianFlowNodes);
  if (entries.length === 0) return { field: '', fault: 'empty' };
  if (entries.length > MAX_NODES) return { field: '', fault: 'tooMany' };
  for (const [id, node] of entries) {
    if (!NODE_ID.test(id)) return { field: id, fault: 'id' };
    if (!isObject(node)) return { field: id, fault: 'node' };
    if (typeof node.type !== 'string' || !types.has(node.type)) return { field: `${id}.type`, fault: 'type' };
  }
  const nodes = entries.map(([id, node]) => [id, tidy(node as FlowNode)] as const);
  return { yixianFlowNodes: Object.fromEntries(nodes) };
}

/** What the canvas itself reads has to be what it says. */
function tidy({ label, position, ...rest }: FlowNode): FlowNode {
  const place = position as Partial<{ x: unknown; y: unknown }> | undefined;
  return {
    ...(rest as FlowNode),
    ...(typeof label === 'string' ? { label } : {}),
    ...(Number.isFinite(place?.x) && Number.isFinite(place?.y) ? { position: { x: Number(place?.x), y: Number(place?.y) } } : {}),
  };
}

/** What keeps a value from being a flow document at all, as the path that is wrong; undefined when it can be edited. */
export function documentFault(value: unknown): string | undefined {
  if (!isObject(value)) return '';
  for (const field of ['id', 'name', 'language', 'start']) if (typeof value[field] !== 'string') return field;
  if (!isObject(value.nodes)) return 'nodes';
  for (const [id, node] of Object.entries(value.nodes)) {
    if (!isObject(node)) return `nodes.${id}`;
    if (typeof node.type !== 'string') return `nodes.${id}.type`;
  }
  return undefined;
}

/** The document with every node that is the same as before being the same object: only what changed is drawn anew. */
export function reusing(before: FlowDocument, after: FlowDocument): FlowDocument {
  const nodes = Object.fromEntries(
    Object.entries(after.nodes).map(([id, node]) => {
      const old = before.nodes[id];
      return [id, old && JSON.stringify(old) === JSON.stringify(node) ? old : tidy(node)];
    }),
  );
  return JSON.stringify(before) === JSON.stringify({ ...after, nodes }) ? before : { ...after, nodes };
}

/** Puts copies beside; ways among them stay among them, others are kept where the node exists. */
export function pasteNodes(doc: FlowDocument, types: Types, { yixianFlowNodes }: Clipping): { doc: FlowDocument; ids: string[] } {
  const names = new Map<string, string>();
  let next = doc;
  for (const [id, node] of Object.entries(yixianFlowNodes)) {
    const fresh = newId(next, NODE_ID.test(id) ? id : 'node');
    names.set(id, fresh);
    const at = node.position ?? { x: 0, y: 0 };
    next = withNode(next, fresh, { ...structuredClone(node), position: { x: at.x + 40, y: at.y + 40 } });
  }
  for (const fresh of names.values()) {
    const node = next.nodes[fresh];
    if (!node) continue;
    let own = node;
    for (const { field, target } of waysOf(node, types)) {
      if (target === undefined) continue;
      const to = names.get(target) ?? (Object.hasOwn(doc.nodes, target) ? target : undefined);
      if (to !== target) own = withValue(own, field, to);
    }
    next = withNode(next, fresh, own);
  }
  return { doc: next, ids: [...names.values()] };
}

/** Variables that may stand in a text: those of every call, of other flows, and what nodes save. */
export function variablesIn(doc: FlowDocument, vocabulary: FlowVocabulary): string[] {
  const found = new Set([...vocabulary.variables, ...(doc.variables ?? [])]);
  for (const node of Object.values(doc.nodes)) {
    if (typeof node.saveAs === 'string') found.add(node.saveAs);
    if (isObject(node.set)) for (const name of Object.keys(node.set)) found.add(name);
    if (Array.isArray(node.set)) for (const one of node.set) if (typeof one?.variable === 'string') found.add(one.variable);
    if (node.type === 'http-request' && isObject(node.result)) for (const name of Object.keys(node.result)) found.add(name);
  }
  return [...found].sort();
}
