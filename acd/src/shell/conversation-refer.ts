import { type AgentId, DomainError, type ReferRequest, sipStatusFor, type Termination } from '@yixian/contracts';
import { type PartyId, partyOf } from '../core/conversation.js';
import { joinFar } from './conversation-far.js';
import type { LiveConversation } from './conversation-live.js';
import { messageOf } from './conversation-media.js';
import { dialParty, nameTarget } from './conversation-rings.js';

/** A phone's transfer key (REFER, RFC 3515): the same as the command, or two calls joined into one (Replaces, RFC 3891). */
export async function onRefer(conversation: LiveConversation, id: PartyId, refer: ReferRequest): Promise<void> {
  const by = partyOf(conversation.state, id)?.extension;
  try {
    if (!by) throw new DomainError('forbidden', 'only an extension of ours may transfer');
    if (refer.elsewhere) await joinFar({ conversation, party: id }, by, refer, refer.elsewhere);
    else if (refer.replaces) await joinCalls(conversation, id, refer);
    else await blind(conversation, by, refer);
  } catch (error) {
    const { deps, call } = conversation;
    deps.logger.info({ callId: call.id, by, target: refer.target, problem: messageOf(error) }, 'a transfer by the phone was refused');
    refer.refuse(refusalOf(error));
  }
}

async function blind(conversation: LiveConversation, by: AgentId, refer: ReferRequest): Promise<void> {
  const { deps } = conversation;
  const to = nameTarget(deps, deps.parties.resolve(refer.target, by));
  const command = { type: 'transfer', by, to, refer: true } as const;
  conversation.probe(command);
  const { target } = to;
  const away = target.kind === 'queue' || target.kind === 'flow';
  const dialled = away ? undefined : dialParty(conversation, { target, purpose: 'transfer', by });
  if (dialled?.ring.state === 'ended') {
    dialled.release?.();
    throw new DomainError('conflict', `${to.name} cannot be reached`, { reason: dialled.ring.termination?.reason });
  }
  refer.accept();
  conversation.care(refer);
  await conversation.give(command, dialled ? { ring: dialled.ring, ...(dialled.release ? { release: dialled.release } : {}) } : {});
}

/**
 * Attended transfer: the phone has two calls with one party each, and puts the two through to each other. The call that
 * came from outside goes on; the other one waits until its party leaves.
 */
async function joinCalls(conversation: LiveConversation, id: PartyId, refer: ReferRequest): Promise<void> {
  const second = refer.replaces && conversation.find(refer.replaces);
  if (!second || second.conversation === conversation) throw new DomainError('conflict', 'the other call of this phone does not talk');
  const first = { conversation, party: id };
  const [kept, given] = second.conversation.isFromOutside() && !conversation.isFromOutside() ? [second, first] : [first, second];
  const arrival = given.conversation.otherThan(given.party);
  if (!arrival) throw new DomainError('conflict', 'the other call of this phone is a conference');
  kept.conversation.assertJoinable(kept.party);
  given.conversation.assertJoinable(given.party);
  refer.accept();
  const label = `call:${kept.conversation.call.id}`;
  // The one who comes is let go of there before it is heard here.
  await given.conversation.lend(given.party, label);
  const joined = kept.conversation.replace(kept.party, arrival.party);
  if (!joined) arrival.party.leg.hangUp({ by: 'system', reason: 'transferred', text: 'the other call was over by then' });
  refer.done(joined ? 200 : 410);
}

/** NOTIFY with how it went (RFC 3515 §2.4.5). */
export function answerRefer(refer: ReferRequest | undefined, termination: Termination | null): void {
  refer?.done(termination ? sipStatusFor(termination).status : 200);
}

function refusalOf(error: unknown): Termination {
  const text = messageOf(error);
  if (!(error instanceof DomainError)) return { by: 'system', reason: 'switch-failure', text };
  if (error.code === 'forbidden') return { by: 'system', reason: 'forbidden', text };
  return { by: 'system', reason: error.code === 'bad-request' ? 'unknown-number' : 'declined', text };
}
