import { type Clock, isBrowserContact, type Registration, type SourceAddress, type Timer } from '@yixian/contracts';
import { type HeaderField, header, headerValue, type SipRequest } from '../parser/message.js';
import type { CoreFields } from '../parser/validate.js';
import type { SipHandlers } from '../port.js';
import { contactValues, live, type RegistrarLimits, readRegister, stepRegister } from './bindings.js';

export interface RegistrarDeps {
  clock: Clock;
  limits: RegistrarLimits;
  handlers(): Pick<SipHandlers, 'registrationChanged' | 'saveRegistrations'>;
  /** A browser has come back by another connection: what went through this one is over. */
  moved(from: SourceAddress): void;
}

export interface RegisterAnswer {
  status: number;
  phrase: string;
  headers: HeaderField[];
}

/** All bindings of this switch. One timer, for the binding that runs out next. */
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
    if (outcome.changed) this.#replace(extension, before, outcome.bindings);
    return { status: 200, phrase: 'OK', headers: contactValues(outcome.bindings, now).map((value) => header('Contact', value)) };
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
      b.source.transport === source.transport && b.source.address === source.address && b.source.port === source.port;
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

  #replace(extension: string, before: readonly Registration[], after: readonly Registration[]): void {
    if (after.length === 0) this.#bindings.delete(extension);
    else this.#bindings.set(extension, after);
    const handlers = this.#deps.handlers();
    handlers.saveRegistrations(extension, after);
    const moved = before.filter((b) => after.some((a) => a.contact === b.contact && hasMoved(b, a)));
    const had = (contact: string) => before.some((b) => b.contact === contact && !moved.includes(b));
    const has = (contact: string) => after.some((b) => b.contact === contact);
    const contacts = after.length;
    if (after.some((b) => !had(b.contact))) handlers.registrationChanged({ extension, contacts, reason: 'registered' });
    else if (before.some((b) => !has(b.contact))) handlers.registrationChanged({ extension, contacts, reason: 'unregistered' });
    // Last: whoever loses a call by it finds the new contact.
    for (const { source } of moved) this.#deps.moved(source);
    this.#arm();
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
      this.#deps.handlers().saveRegistrations(extension, left);
      this.#deps.handlers().registrationChanged({ extension, contacts: left.length, reason: 'expired' });
    }
    this.#arm();
  }
}

/** By another WebSocket than before: a page whose network hung or changed; phones behind NAT change their port all the time. */
function hasMoved(before: Registration, after: Registration): boolean {
  const [from, to] = [before.source, after.source];
  return isBrowserContact(before) && (from.address !== to.address || from.port !== to.port);
}
