import type { LegOrigin } from '@yixian/contracts';
import { type HeaderField, header } from '../parser/message.js';
import { MAX_TEXT_UDP, textOf } from '../parser/text-message.js';
import { parseUri } from '../parser/uri.js';
import type { MessageAnswer, MessageOptions, MessageOutcome, SipHandlers } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import type { UaContext } from './context.js';
import { sendLone } from './lone-request.js';
import { phraseOf } from './phrases.js';

/** Whoever takes a text has so long; the phone itself waits 32 s (timer F). */
const ANSWER_MS = 20_000;
/** Five sendings over UDP; the sender waits meanwhile. */
const DELIVERY_MS = 10_000;

type Refuse = (incoming: NewRequest, status: number, phrase: string, headers?: readonly HeaderField[]) => void;

/** Takes a MESSAGE of an extension (RFC 3428 §7): its answer says whether somebody has taken it. */
export function receiveMessage(
  ctx: UaContext,
  incoming: NewRequest,
  origin: LegOrigin,
  handlers: Pick<SipHandlers, 'onMessage'>,
  refuse: Refuse,
): void {
  if (origin.kind !== 'extension') {
    refuse(incoming, 403, 'Forbidden');
    return;
  }
  const read = textOf(incoming.request, incoming.source.transport !== 'udp');
  if (!read.ok) {
    refuse(incoming, read.status, read.phrase, read.headers);
    return;
  }
  const { fromDisplayName, to } = partiesOf(incoming);
  const transaction = incoming.open();
  const answer = ({ status, text }: MessageAnswer) => {
    deadline.cancel();
    if (!transaction.pending) return;
    if (status >= 300) ctx.discards.refused(status, incoming.source, { method: 'MESSAGE', sipCallId: incoming.fields.callId, text });
    const headers = [header('Server', ctx.userAgent)];
    transaction.respond(responseTo(incoming.request, status, phrased(status, text), { toTag: ctx.token(8), headers }));
  };
  const deadline = ctx.clock.setTimer(ANSWER_MS, () => answer({ status: 503, text: 'nobody took the message in time' }));
  const message = { from: origin.extension, to, text: read.text, ...(fromDisplayName === undefined ? {} : { fromDisplayName }) };
  handlers.onMessage(message).then(answer, (error: unknown) => {
    ctx.logger.error({ sipCallId: incoming.fields.callId, error: String(error) }, 'whoever takes messages failed');
    answer({ status: 500, text: 'internal error' });
  });
}

function partiesOf({ request, fields }: NewRequest): { fromDisplayName: string | undefined; to: string } {
  return { fromDisplayName: fields.from.address.displayName, to: parseUri(request.uri)?.user ?? '' };
}

/** A reason phrase cannot hold line breaks. */
function phrased(status: number, text: string | undefined): string {
  if (text === undefined) return phraseOf(status);
  return `${phraseOf(status)} - ${text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120)}`;
}

/** Sends a text to one contact. Resolves within 10 s, never rejects. */
export function sendMessage(ctx: UaContext, options: MessageOptions): Promise<MessageOutcome> {
  const body = Buffer.from(options.text, 'utf8');
  return new Promise((resolve) => {
    const deadline = ctx.clock.setTimer(DELIVERY_MS, () => resolve({ ok: false, end: { kind: 'timeout', status: 408 } }));
    const done = (outcome: MessageOutcome) => {
      deadline.cancel();
      resolve(outcome);
    };
    sendLone(
      ctx,
      {
        method: 'MESSAGE',
        uri: options.uri,
        ...(options.nextHop ? { nextHop: options.nextHop } : {}),
        ...(options.toUser === undefined ? {} : { toUser: options.toUser }),
        from: options.from,
        headers: [header('Content-Type', 'text/plain;charset=UTF-8')],
        body,
        veto: (hop) =>
          hop.transport === 'udp' && body.length > MAX_TEXT_UDP ? new Error(`${body.length} bytes are too long for UDP`) : undefined,
      },
      (outcome) => {
        if (outcome.kind !== 'answered') {
          done({ ok: false, end: { kind: outcome.kind, status: outcome.kind === 'timeout' ? 408 : 503, phrase: outcome.error.message } });
          return;
        }
        const { status, reason } = outcome.response;
        done(status < 300 ? { ok: true } : { ok: false, end: { kind: 'refused', status, phrase: reason } });
      },
    );
  });
}
