import type { NodeId, Registration } from '@yixian/contracts';
import { sameContact } from './bindings.js';

// Contacts of one extension over several processes. Each process says which are its own; who heard a contact last has it.

/** What the registrar tells the other processes. */
export interface RegistrarShare {
  readonly self: NodeId;
  alive(node: NodeId): boolean;
  /** All of this process's own contacts of the extension. */
  own(extension: string, bindings: readonly Registration[]): void;
  /** Contacts another process has, which their phone has taken back here. */
  dropped(extension: string, contacts: readonly string[], at: number): void;
}

function isOlder(a: Registration, b: Registration, share: Pick<RegistrarShare, 'self' | 'alive'>): boolean {
  const [at, bt] = [a.registeredAt ?? 0, b.registeredAt ?? 0];
  if (at !== bt) return at < bt;
  const [an, bn] = [a.node ?? share.self, b.node ?? share.self];
  if (share.alive(an) !== share.alive(bn)) return share.alive(bn);
  return an > bn;
}

/** @returns all contacts of an extension after `node` has said that `list` are its own */
export function withListOf(
  bindings: readonly Registration[],
  node: NodeId,
  list: readonly Registration[],
  share: Pick<RegistrarShare, 'self' | 'alive'>,
): readonly Registration[] {
  let others = bindings.filter((b) => b.node !== node);
  const theirs: Registration[] = [];
  for (const one of list) {
    const known = others.find((b) => sameContact(b.contact, one.contact));
    const said = { ...one, node };
    if (known && isOlder(said, known, share)) continue;
    if (known) others = others.filter((b) => b !== known);
    theirs.push(said);
  }
  return [...others, ...theirs];
}

/** A process is gone, and its connections with it. A phone on UDP needs none: the heir goes on keeping it. */
export function withoutNode(bindings: readonly Registration[], gone: NodeId, heir: NodeId, self: NodeId): readonly Registration[] {
  if (!bindings.some((b) => b.node === gone)) return bindings;
  return bindings.flatMap((b) => {
    if (b.node !== gone) return [b];
    if (b.source.transport !== 'udp') return [];
    const { node: _gone, ...kept } = b;
    return [heir === self ? kept : { ...kept, node: heir }];
  });
}

/** Contacts the phone has taken back elsewhere; one that registered anew since stays. */
export function withoutDropped(bindings: readonly Registration[], contacts: readonly string[], at: number): readonly Registration[] {
  const over = (b: Registration) => (b.registeredAt ?? 0) <= at && contacts.some((c) => sameContact(c, b.contact));
  return bindings.some(over) ? bindings.filter((b) => !over(b)) : bindings;
}

export function ownOf(bindings: readonly Registration[]): readonly Registration[] {
  return bindings.every((b) => b.node === undefined) ? bindings : bindings.filter((b) => b.node === undefined);
}
