import type { CallId, NodeId } from '@yixian/contracts';
import type { LiveCall } from '../core/types.js';
import type { Deed, TurnMessage } from './wire.js';

interface Letter {
  acts: Deed[];
  calls: Set<CallId>;
}

/** What has been decided for other processes and not been sent yet. */
export class Outbox {
  readonly #letters = new Map<NodeId, Letter>();
  readonly #term: number;
  readonly #live: (callId: CallId) => LiveCall | undefined;

  constructor(term: number, live: (callId: CallId) => LiveCall | undefined) {
    this.#term = term;
    this.#live = live;
  }

  get size(): number {
    return this.#letters.size;
  }

  /** The process hears of it, if only that what it told is decided. */
  of(node: NodeId): Letter {
    const letter = this.#letters.get(node) ?? { acts: [], calls: new Set() };
    this.#letters.set(node, letter);
    return letter;
  }

  act(node: NodeId, deed: Deed, callId: CallId | undefined): void {
    this.of(node).acts.push(deed);
    this.touch(node, callId);
  }

  /** The process is told how the call stands. */
  touch(node: NodeId, callId: CallId | undefined): void {
    if (callId !== undefined) this.of(node).calls.add(callId);
  }

  drop(node: NodeId): void {
    this.#letters.delete(node);
  }

  /** Everything, once. */
  take(seen: (node: NodeId) => number): [NodeId, TurnMessage][] {
    const messages = [...this.#letters].map(([node, { acts, calls }]): [NodeId, TurnMessage] => {
      const live: LiveCall[] = [];
      const gone: CallId[] = [];
      for (const callId of calls) {
        const call = this.#live(callId);
        if (call) live.push(call);
        else gone.push(callId);
      }
      return [node, { term: this.#term, seen: seen(node), acts, calls: live, gone }];
    });
    this.#letters.clear();
    return messages;
  }
}
