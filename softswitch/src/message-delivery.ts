import type { Registration, SipMessage, Termination } from '@yixian/contracts';
import { bestResponse } from './best-response.js';
import { terminationOf } from './leg-termination.js';
import type { MessageOptions, MessageOutcome, SessionEnd } from './sip/port.js';
import { wayTo } from './way-to.js';

export type Delivery = { delivered: true } | { delivered: false; termination: Termination };

/** Sends a text to every contact at once; the first 2xx counts, else the best of the refusals (as RFC 3261 §16.7). Never rejects. */
export async function deliver(
  message: SipMessage,
  contacts: readonly Registration[],
  send: (options: MessageOptions) => Promise<MessageOutcome>,
): Promise<Delivery> {
  if (contacts.length === 0) {
    const text = `extension ${message.to} has no registered contact`;
    return { delivered: false, termination: { by: 'system', reason: 'not-registered', text } };
  }
  const from = { user: message.from, ...(message.fromDisplayName ? { displayName: message.fromDisplayName } : {}) };
  const ends: SessionEnd[] = [];
  const sent = contacts.map(async (registration) => {
    const { contact } = registration;
    const outcome = await send({ uri: contact, nextHop: wayTo(registration), toUser: message.to, from, text: message.text });
    if (outcome.ok) return;
    ends.push(outcome.end);
    throw new Error('not taken');
  });
  try {
    await Promise.any(sent);
    return { delivered: true };
  } catch {
    const best = bestResponse(ends) ?? { kind: 'transport' as const };
    return { delivered: false, termination: terminationOf(best, 'called') };
  }
}
