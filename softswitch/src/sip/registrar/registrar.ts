import {
  type Clock,
  isBrowserContact,
  type NodeId,
  type Registration,
  type RegistrationChange,
  type SourceAddress,
  type Timer,
} from '@yixian/contracts';
import { type HeaderField, header, headerValue, type SipRequest } from '../parser/message.js';
import type { CoreFields } from '../parser/validate.js';
import type { SipHandlers } from '../port.js';
import { contactValues, live, type RegistrarLimits, readRegister, sameContact, stepRegister } from './bindings.js';
import { ownOf, type RegistrarShare, withListOf, withoutDropped, withoutNode } from './shared.js';

export interface RegistrarDeps {
  clock: Clock;
  limits: RegistrarLimits;
  handlers(): Pick<SipHandlers, 'registrationChanged' | 'saveRegistrations'>;
  /** A browser has come back by another connection: what went through this one is over. */
  moved(from: SourceAddress): void;
  /** The other processes of the hotline; alone there are none. */
  share?: RegistrarShare;
}

export interface RegisterAnswer {
  status: number;
  phrase: string;
  headers: HeaderField[];
}

/** All bindings, of this process and of the others (`node`). One timer, for the binding that runs out next. */
export class Registrar {
  readonly #deps: RegistrarDeps;
  readonly #bindings = new Map<string, readonly Registration[]>();
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(deps: RegistrarDeps) {
    this.#deps = deps;
  }

  /** Answers an authenticated REGISTER. */
  register(request: SipRequest, fields: CoreFields, extension: string, source: SourceAddress): RegisterAnswer {
    const now = this.#deps.clock.now();
    const read = readRegister(request, fields, extension, source, headerValue(request, 'user-agent') ?? '');
    if (!read.ok) return { status: read.status, phrase: read.phrase, headers: [] };
    const before = this.#bindings.get(extension) ?? [];
    const outcome = stepRegister(before, read.input, this.#deps.limits, now);
    if (outcome.kind === 'refused') {
      const headers = outcome.minExpires === undefined ? [] : [header('Min-Expires', String(outcome.minExpires))];
      return { status: outcome.status, phrase: outcome.phrase, headers };
    }
    if (outcome.changed) this.#registered(extension, before, outcome.bindings, now);
    return { status: 200, phrase: 'OK', headers: contactValues(outcome.bindings, now).map((value) => header('Contact', value)) };
  }

  #registered(extension: string, before: readonly Registration[], after: readonly Registration[], now: number): void {
    const { share } = this.#deps;
    const stamped = share ? after.map((b) => (before.includes(b) ? b : { ...b, registeredAt: now })) : after;
    const gone = before.filter((b) => b.node !== undefined && !after.some((a) => sameContact(a.contact, b.contact)));
    this.#replace(extension, before, stamped);
    if (gone.length === 0) return;
    share?.dropped(
      extension,
      gone.map((b) => b.contact),
      now,
    );
  }

  list(extension?: string): readonly Registration[] {
    const now = this.#deps.clock.now();
    if (extension !== undefined) return live(this.#bindings.get(extension) ?? [], now);
    return [...this.#bindings.values()].flatMap((bindings) => live(bindings, now));
  }

  /** Takes bindings kept from before a restart; those that ran out meanwhile are left out. */
  restore(registrations: readonly Registration[]): void {
    const now = this.#deps.clock.now();
    for (const r of registrations) {
      // A browser's connection died with the process that had it.
      if (r.expiresAt <= now || r.source.transport === 'ws' || r.source.transport === 'wss') continue;
      const others = (this.#bindings.get(r.extension) ?? []).filter((b) => b.contact !== r.contact);
      this.#bindings.set(r.extension, [...others, r]);
    }
    this.#arm();
  }

  /** A browser's connection is gone, and only it can come back: its contacts are no longer any (RFC 5626 §5.3 in spirit). */
  connectionLost(source: { transport: string; address: string; port: number }): void {
    const over = (b: Registration): boolean =>
      b.node === undefined &&
      b.source.transport === source.transport &&
      b.source.address === source.address &&
      b.source.port === source.port;
    for (const [extension, bindings] of [...this.#bindings]) {
      if (!bindings.some(over)) continue;
      const left = bindings.filter((b) => !over(b));
      this.#replace(extension, bindings, left);
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What is this process's own, for another one that has just come. */
  own(): ReadonlyMap<string, readonly Registration[]> {
    const all = new Map<string, readonly Registration[]>();
    for (const [extension, bindings] of this.#bindings) {
      const own = ownOf(bindings);
      if (own.length > 0) all.set(extension, own);
    }
    return all;
  }

  /** Another process says which contacts of an extension are its own. */
  told(node: NodeId, extension: string, list: readonly Registration[]): void {
    const { share } = this.#deps;
    const before = this.#bindings.get(extension) ?? [];
    if (share) this.#replace(extension, before, withListOf(before, node, list, share), node);
  }

  /** All of a process's contacts: of extensions that are not named it has none. */
  toldAll(node: NodeId, lists: ReadonlyMap<string, readonly Registration[]>): void {
    for (const [extension, bindings] of [...this.#bindings]) {
      if (!lists.has(extension) && bindings.some((b) => b.node === node)) this.told(node, extension, []);
    }
    for (const [extension, list] of lists) this.told(node, extension, list);
  }

  toldDropped(node: NodeId, extension: string, contacts: readonly string[], at: number): void {
    const before = this.#bindings.get(extension) ?? [];
    const after = withoutDropped(before, contacts, at);
    if (after !== before) this.#replace(extension, before, after, node);
  }

  /** A process is gone; `heir` keeps what needs no connection, and tells the world of what does. */
  left(node: NodeId, heir: NodeId): void {
    const self = this.#deps.share?.self;
    if (self === undefined) return;
    for (const [extension, before] of [...this.#bindings]) {
      const after = withoutNode(before, node, heir, self);
      if (after !== before) this.#replace(extension, before, after, heir === self ? undefined : heir);
    }
  }

  /** @param node whose news it is, where not this process's */
  #replace(extension: string, before: readonly Registration[], after: readonly Registration[], node?: NodeId): void {
    if (after.length === 0) this.#bindings.delete(extension);
    else this.#bindings.set(extension, after);
    const handlers = this.#deps.handlers();
    this.#keepOwn(extension, before, after);
    const moved = before.filter((b) => b.node === undefined && after.some((a) => sameContact(a.contact, b.contact) && hasMoved(b, a)));
    const had = (contact: string) => before.some((b) => b.contact === contact && !moved.includes(b));
    const has = (contact: string) => after.some((b) => b.contact === contact);
    const change = { extension, contacts: after.length, ...(node === undefined ? {} : { node }) };
    if (after.some((b) => !had(b.contact))) handlers.registrationChanged({ ...change, reason: 'registered' });
    else if (before.some((b) => !has(b.contact))) handlers.registrationChanged({ ...change, reason: 'unregistered' });
    // Last: whoever loses a call by it finds the new contact.
    for (const { source } of moved) this.#deps.moved(source);
    this.#arm();
  }

  #keepOwn(extension: string, before: readonly Registration[], after: readonly Registration[]): void {
    const { share, handlers } = this.#deps;
    const own = ownOf(after);
    if (share && isSame(ownOf(before), own)) return;
    handlers().saveRegistrations(extension, own);
    share?.own(extension, own);
  }

  #arm(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const bindings of this.#bindings.values()) for (const b of bindings) next = Math.min(next, b.expiresAt);
    // A refresh moves the end away: the timer may fire early and is then set anew, which is cheaper than cancelling it each time.
    if (this.#timer && this.#dueAt <= next) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#deps.clock.setTimer(next - this.#deps.clock.now(), () => {
      this.#timer = undefined;
      this.#expire();
    });
  }

  #expire(): void {
    const now = this.#deps.clock.now();
    for (const [extension, bindings] of [...this.#bindings]) {
      const left = live(bindings, now);
      if (left.length === bindings.length) continue;
      if (left.length === 0) this.#bindings.delete(extension);
      else this.#bindings.set(extension, left);
      this.#keepOwn(extension, bindings, left);
      // Every process sees it run out; the one that has it tells of it.
      const over = bindings.filter((b) => !left.includes(b));
      const node = over.every((b) => b.node !== undefined) ? over[0]?.node : undefined;
      const change: RegistrationChange = { extension, contacts: left.length, reason: 'expired' };
      this.#deps.handlers().registrationChanged(node === undefined ? change : { ...change, node });
    }
    this.#arm();
  }
}

/** By another WebSocket than before: a page whose network hung or changed; phones behind NAT change their port all the time. */
function hasMoved(before: Registration, after: Registration): boolean {
  const [from, to] = [before.source, after.source];
  return isBrowserContact(before) && (from.address !== to.address || from.port !== to.port || before.node !== after.node);
}

function isSame(a: readonly Registration[], b: readonly Registration[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
