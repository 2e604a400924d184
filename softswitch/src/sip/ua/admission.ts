import { type Admission, q850For, type RequestSummary, sipStatusFor, type Termination } from '@yixian/contracts';
import type { DigestServer } from '../digest/server.js';
import { type HeaderField, header, headerValue } from '../parser/message.js';
import { quote } from '../parser/scan.js';
import { parseUri } from '../parser/uri.js';
import type { SipHandlers } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import type { UaContext } from './context.js';

type Origin = Extract<Admission, { action: 'accept' }>['origin'];

const SUMMARY_METHODS = new Set(['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'REFER']);

/** What the edge is told of a request. */
export function summarize(incoming: NewRequest): RequestSummary {
  const { request, fields, source } = incoming;
  const displayName = fields.from.address.displayName;
  const userAgent = headerValue(request, 'user-agent');
  return {
    method: SUMMARY_METHODS.has(request.method) ? (request.method as RequestSummary['method']) : 'OTHER',
    source: { address: source.address, port: source.port, transport: source.transport },
    requestUser: parseUri(request.uri)?.user ?? '',
    fromUser: fields.from.uri?.user ?? '',
    ...(displayName === undefined ? {} : { fromDisplayName: displayName }),
    toUser: fields.to.uri?.user ?? '',
    sipCallId: fields.callId,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

/** Reason header of a refusal (RFC 3326). */
export function reasonFor(termination: Termination): HeaderField {
  const text = termination.text === undefined ? '' : `;text=${quote(termination.text)}`;
  return header('Reason', `Q.850;cause=${q850For(termination)}${text}`);
}

export interface AdmissionDeps {
  ctx: UaContext;
  digest: DigestServer;
  handlers(): SipHandlers;
}

/** Asks the edge about a request outside of dialogs, and obeys: challenges, verifies, refuses or drops. */
export class AdmissionControl {
  readonly #deps: AdmissionDeps;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** @returns whose request it is, or undefined when it has been dealt with. */
  admit(incoming: NewRequest): Origin | undefined {
    const summary = summarize(incoming);
    const admission = this.#deps.handlers().admit(summary);
    switch (admission.action) {
      case 'accept':
        return admission.origin;
      case 'drop':
        this.#deps.ctx.discards.note('dropped-by-policy', incoming.source, { method: incoming.request.method, why: admission.reason });
        incoming.drop();
        return undefined;
      case 'refuse':
        this.#refuse(incoming, admission.termination);
        return undefined;
      case 'challenge':
        return this.#authenticate(incoming, summary, admission.extension);
    }
  }

  /** Whether the edge wants no answer to go to the sender of a request that would be refused anyway. */
  silent(incoming: NewRequest): boolean {
    if (this.#deps.handlers().admit({ ...summarize(incoming), method: 'OTHER' }).action !== 'drop') return false;
    incoming.drop();
    return true;
  }

  /** Answers without a transaction (§26.3.2.4), with a tag of our own on To. */
  reply(incoming: NewRequest, status: number, phrase: string, headers: readonly HeaderField[] = []): void {
    const { ctx } = this.#deps;
    if (status >= 300 && status !== 401 && status !== 407) {
      const { request, fields } = incoming;
      ctx.discards.refused(status, incoming.source, { method: request.method, sipCallId: fields.callId, phrase });
    }
    const all = [header('Server', ctx.userAgent), ...headers];
    incoming.reply(responseTo(incoming.request, status, phrase, { toTag: ctx.token(8), headers: all }));
  }

  #refuse(incoming: NewRequest, termination: Termination): void {
    const { status, phrase } = sipStatusFor(termination);
    const retry = status === 503 ? [header('Retry-After', '5')] : [];
    this.reply(incoming, status, phrase, [reasonFor(termination), ...retry]);
  }

  #authenticate(incoming: NewRequest, summary: RequestSummary, extension: string): Origin | undefined {
    const { ctx, digest } = this.#deps;
    const handlers = this.#deps.handlers();
    const register = incoming.request.method === 'REGISTER';
    const key = register ? 'authorization' : 'proxy-authorization';
    const verdict = digest.verify(incoming.request, key, ctx.clock.now(), (username) => handlers.sipPassword(username));
    switch (verdict.kind) {
      case 'none':
      case 'stale':
        this.#challenge(incoming, register, verdict.kind === 'stale');
        return undefined;
      case 'bad':
        return this.#denied(incoming, summary, extension, verdict.reason);
      case 'ok':
        if (!speaksFor(verdict.username, extension)) return this.#denied(incoming, summary, extension, 'username');
        ctx.counters.add('sip_authentications_total{result="ok"}');
        handlers.authenticationResult(summary, extension, true);
        return { kind: 'extension', extension };
    }
  }

  #challenge(incoming: NewRequest, register: boolean, stale: boolean): void {
    const { ctx, digest } = this.#deps;
    ctx.counters.add('sip_challenges_sent_total');
    const name = register ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const challenges = digest.challenges(name, ctx.clock.now(), stale);
    if (register) this.reply(incoming, 401, 'Unauthorized', challenges);
    else this.reply(incoming, 407, 'Proxy Authentication Required', challenges);
  }

  #denied(incoming: NewRequest, summary: RequestSummary, extension: string, why: string): undefined {
    const { ctx } = this.#deps;
    ctx.counters.add('sip_authentications_total{result="failed"}');
    ctx.discards.note('authentication-failed', incoming.source, { extension, why });
    this.#deps.handlers().authenticationResult(summary, extension, false);
    this.reply(incoming, 403, 'Forbidden');
    return undefined;
  }
}

/** The extension itself, or short-lived credentials given out for it: `1001.<id>` (a browser's). */
function speaksFor(username: string, extension: string): boolean {
  return username === extension || username.startsWith(`${extension}.`);
}
