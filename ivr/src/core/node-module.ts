import type { z } from 'zod';
import type { Driver, Local, Move, NodeInput, Scene } from './machine.js';
import type { PromptRef } from './schema.js';
import { templateVariables } from './template.js';

/** A way out of a node, as the validator sees it. */
export interface Edge {
  /** Path inside the node, e.g. `choices.0.next`. */
  field: string;
  target: string;
  /** `automatic` edges are taken without anybody's doing: a circle of them would never end; a `counted` one ends by its counter. */
  driver: Driver;
}

export type ReferenceKind =
  | 'queue'
  | 'box'
  | 'extension'
  | 'flow'
  | 'variable'
  | 'schedule'
  | 'list'
  | 'group'
  | 'skill'
  /** Named in a request's headers or body. */
  | 'secret'
  /** `host` or `host:port` a request goes to. */
  | 'host';

/** Something the node refers to outside the flow. */
export type Reference = { kind: ReferenceKind; field: string; id: string } | { kind: 'prompts'; field: string; refs: readonly PromptRef[] };

export interface Fault {
  field: string;
  message: string;
}

/** Everything there is to know of one node type. */
export interface NodeModule<N> {
  readonly schema: z.ZodType<N>;
  edges(node: N): Edge[];
  references(node: N): Reference[];
  /** Faults a schema cannot see. */
  faults?(node: N): Fault[];
  /** Variables this node sets, beside the built-in ones. */
  saves?(node: N): string[];
  enter(node: N, scene: Scene): Move;
  /** Only called with an input that answers the effect the node waits for. */
  resume(node: N, local: Local, input: NodeInput, scene: Scene): Move;
}

/** Edges of optional fields: those that are absent lead nowhere. */
export function edgesOf(driver: Driver, fields: Record<string, string | undefined>): Edge[] {
  return Object.entries(fields).flatMap(([field, target]) => (target === undefined ? [] : [{ field, target, driver }]));
}

/** References to the variables among values that may be written or a variable. */
export function variableReferences(fields: Record<string, unknown>): Reference[] {
  return Object.entries(fields).flatMap(([field, value]): Reference[] =>
    typeof value === 'object' && value !== null && 'variable' in value && typeof value.variable === 'string'
      ? [{ kind: 'variable', field, id: value.variable }]
      : [],
  );
}

/** References to the variables a text has places for. */
export const templateReferences = (field: string, template: string): Reference[] =>
  templateVariables(template).map((id) => ({ kind: 'variable', field, id }));
