import { header, headerValue, makeRequest, type SipMessage, type SipRequest, type SipResponse } from '../parser/message.js';
import { serialize } from '../parser/serialize.js';
import { type CoreFields, readCore } from '../parser/validate.js';
import { sendResponse } from '../transaction/server.js';
import type { Hop, TransportLayer } from '../transport/types.js';
import { ackFor, lastWords, passed, type Relayed } from './relayed.js';

/** What the user agent does for the relay. */
export interface Speaker {
  /** A tag of our own. */
  tag(): string;
  /** Value of the Reason header for a process that died (RFC 3326). */
  readonly reason: string;
  /** Sends a request in a transaction: with a Via and branch of its own, or (CANCEL) with those it has. */
  request(request: SipRequest, hop: Hop, branch?: string): void;
  /** Sends the ACK of a 2xx. */
  acknowledge(ack: SipRequest, hop: Hop): void;
  /** Where a URI leads. */
  resolve(uri: string, done: (hop: Hop | undefined, error?: Error) => void): void;
}

export interface OrphanDeps {
  speaker: Speaker;
  transport: Pick<TransportLayer, 'send' | 'connected'>;
}

const nothing = (): void => {};

/**
 * A dialog whose process has died, ended in its stead: a ringing phone is cancelled, a waiting one refused, one that talks gets
 * BYE. What still comes of it is answered as RFC 3261 owes it.
 */
export class Orphan {
  readonly #deps: OrphanDeps;
  #dialog: Relayed;
  /** The refusal of a phone's INVITE, for its retransmissions. */
  #refusal: Buffer | undefined;

  constructor(dialog: Relayed, deps: OrphanDeps) {
    this.#deps = deps;
    this.#dialog = dialog;
    this.#end();
  }

  #end(): void {
    const { speaker } = this.#deps;
    const words = lastWords(this.#dialog, speaker.tag(), speaker.reason);
    if (words.do === 'request' && words.branch === 'new') speaker.request(words.request, this.#dialog.hop);
    else if (words.do === 'request') {
      const core = readCore(words.request);
      speaker.request(words.request, this.#dialog.hop, core.ok ? core.fields.via.params.get('branch') : undefined);
    } else if (words.do === 'response') {
      this.#refusal = serialize(words.response);
      this.#refuse();
    }
  }

  #refuse(): void {
    const { invite, hop } = this.#dialog;
    const core = invite && readCore(invite);
    if (core?.ok && this.#refusal) sendResponse(this.#deps.transport, core.fields, hop, this.#refusal, nothing);
  }

  /** @returns false for what the stack deals with by itself: answers to the last words, requests of a dialog that is no more */
  take(message: SipMessage, fields: CoreFields): boolean {
    if (message.kind === 'request') {
      if (message.method === 'INVITE' && fields.to.tag === undefined && this.#refusal) this.#refuse();
      else if (message.method !== 'ACK') return false;
      return true;
    }
    if (fields.cseq.method !== 'INVITE') return false;
    if (message.status >= 300) this.#acknowledgeRefusal(message);
    else if (message.status >= 200) this.#answeredAfterAll(message, fields);
    return true;
  }

  #acknowledgeRefusal(response: SipResponse): void {
    const { invite, hop } = this.#dialog;
    if (invite) this.#deps.transport.send(hop, serialize(ackFor(invite, response)), nothing);
  }

  /** CANCEL and 200 crossed (§9.1): acknowledged, and ended by BYE, once. */
  #answeredAfterAll(response: SipResponse, fields: CoreFields): void {
    const before = this.#dialog;
    this.#dialog = passed(before, response, fields, false);
    const { invite, target, to, hop } = this.#dialog;
    if (!invite) return;
    const ack = makeRequest('ACK', target ?? invite.uri, [
      header('Max-Forwards', '70'),
      header('From', headerValue(invite, 'from') ?? ''),
      header('To', to ?? ''),
      header('Call-ID', fields.callId),
      header('CSeq', `${fields.cseq.number} ACK`),
    ]);
    this.#deps.speaker.acknowledge(ack, hop);
    if (before.state === 'ringing') this.#end();
  }
}
