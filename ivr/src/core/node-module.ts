import type { z } from 'zod';
import type { Driver, Local, Move, NodeInput, Scene } from './machine.js';
import type { PromptRef } from './schema.js';

/** A way out of a node, as the validator sees it. */
export interface Edge {
  /** Path inside the node, e.g. `choices.0.next`. */
  field: string;
  target: string;
  /** `automatic` edges are taken without anybody's doing: a circle of them would never end. */
  driver: Driver;
}

/** Something the node refers to outside the flow. */
export type Reference =
  | { kind: 'queue' | 'box' | 'extension' | 'flow' | 'variable'; field: string; id: string }
  | { kind: 'prompts'; field: string; refs: readonly PromptRef[] };

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
  /** Name of the variable this node sets, if any. */
  saves?(node: N): string | undefined;
  enter(node: N, scene: Scene): Move;
  /** Only called with an input that answers the effect the node waits for. */
  resume(node: N, local: Local, input: NodeInput, scene: Scene): Move;
}

/** Edges of optional fields: those that are absent lead nowhere. */
export function edgesOf(driver: Driver, fields: Record<string, string | undefined>): Edge[] {
  return Object.entries(fields).flatMap(([field, target]) => (target === undefined ? [] : [{ field, target, driver }]));
}
