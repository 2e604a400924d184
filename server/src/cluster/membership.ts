import type { NodeId, NodeView } from '@yixian/contracts';

/** A process that is silent for so long is declared dead, milliseconds. */
export const ALIVE_MS = 3_500;
/** A longer pause between two answers of Redis means that it was away, for the others too. */
const GAP_MS = 1_200;

export interface Member {
  view: NodeView;
  /** By sender's incarnation, the last message it has. */
  has: Record<string, number>;
  alive: boolean;
}

export interface MemberChange {
  node: NodeView;
  kind: 'joined' | 'changed' | 'left';
}

/** Who lives, worked out of the answers of Redis. After a pause of Redis everybody has time to be heard again. */
export class Membership {
  #members = new Map<NodeId, Member>();
  #heardAt = Number.NEGATIVE_INFINITY;
  #graceUntil = Number.NEGATIVE_INFINITY;

  get(node: NodeId): Member | undefined {
    return this.#members.get(node);
  }

  list(): readonly Member[] {
    return [...this.#members.values()];
  }

  /**
   * @param dead incarnations that have been declared dead. One that is missing without that is one that Redis has forgotten.
   * @returns what has changed, `left` before `joined`; `silent`: those to be declared dead
   */
  told(told: ReadonlyMap<NodeId, Member>, dead: readonly string[], now: number): { changes: MemberChange[]; silent: NodeView[] } {
    if (now - this.#heardAt > GAP_MS) this.#graceUntil = now + ALIVE_MS;
    this.#heardAt = now;
    const before = this.#members;
    const all = new Map(told);
    for (const member of before.values()) {
      const { node, incarnation } = member.view;
      if (all.has(node) || dead.includes(incarnation)) continue;
      all.set(node, { ...member, alive: false });
      // Redis came back empty, however fast: that is nobody's death
      if (member.alive) this.#graceUntil = now + ALIVE_MS;
    }
    this.#members = all;
    const left = [...before.values()].filter(({ view }) => all.get(view.node)?.view.incarnation !== view.incarnation);
    const changes: MemberChange[] = left.map(({ view }) => ({ node: view, kind: 'left' }));
    for (const { view } of all.values()) {
      const known = before.get(view.node);
      if (known?.view.incarnation !== view.incarnation) changes.push({ node: view, kind: 'joined' });
      else if (JSON.stringify(known.view) !== JSON.stringify(view)) changes.push({ node: view, kind: 'changed' });
    }
    const silent = now < this.#graceUntil ? [] : [...all.values()].filter((member) => !member.alive).map(({ view }) => view);
    return { changes, silent };
  }
}
