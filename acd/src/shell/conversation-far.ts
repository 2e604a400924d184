import {
  type AgentId,
  type CallId,
  type CallLeg,
  type ConversationParty,
  DomainError,
  type NodeId,
  type ReferRequest,
  sipStatusFor,
} from '@yixian/contracts';
import type { PartyId } from '../core/conversation.js';
import type { ConversationDeps } from './conversation-deps.js';
import type { LiveConversation } from './conversation-live.js';
import { messageOf } from './conversation-media.js';

// Attended transfer where the two calls of a phone are of two processes. Each keeps its own call, and a SIP leg between the two takes
// the place of the phone in both: in the call that goes on as a party, in the other bridged with the one who was there.

const JOIN = 'acd.join-calls';
const ASK_MS = 3_000;
const CALL_MS = 8_000;

type FarParty = Pick<ConversationParty, 'party' | 'role' | 'extension'>;

interface Asked {
  /** Of the dialog with the phone there. */
  sipCallId: string;
  by: AgentId;
  callId: CallId;
  fromOutside: boolean;
  /** Whom the phone talks with here. */
  other: FarParty;
}

interface Answer {
  uri: string;
  callId: CallId;
  /** The call of whoever answers goes on, and the other one's waits until its party leaves. */
  keeps: boolean;
  other: FarParty;
}

/** One side: the phone's part in a conversation of this process. */
interface Side {
  conversation: LiveConversation;
  party: PartyId;
}

/** Joins the call of a phone with its other one, of another process. Rejects where that cannot be. */
export async function joinFar(
  { conversation, party }: Side,
  by: AgentId,
  refer: ReferRequest,
  far: { node: NodeId; sipCallId: string },
): Promise<void> {
  const { deps, call } = conversation;
  const { farLegs, cluster } = deps;
  if (!farLegs) throw new DomainError('conflict', 'the other call of this phone is not of this process');
  const side = { conversation, party };
  const other = otherOf(side);
  const asked: Asked = { sipCallId: far.sipCallId, by, callId: call.id, fromOutside: conversation.isFromOutside(), other: farOf(other) };
  const answer = (await cluster.ask(far.node, JOIN, asked, ASK_MS)) as Answer;
  refer.accept();
  const leg = farLegs.call(answer.uri, { from: { number: other.party }, timeoutMs: CALL_MS, callId: call.id });
  if (!(await leg.answered)) {
    refer.done(sipStatusFor(await leg.ended).status);
    return;
  }
  try {
    await takePlace(side, leg, answer.keeps ? { gives: `call:${answer.callId}` } : { keeps: answer.other });
    refer.done(200);
  } catch (error) {
    deps.logger.info({ callId: call.id, by, problem: messageOf(error) }, 'two calls of a phone were not joined');
    leg.hangUp({ by: 'system', reason: 'transferred', text: 'the other call was over by then' });
    refer.done(410);
  }
}

/** Answers other processes that join a call of theirs with one of this process. @returns what ends it */
export function answerJoins(deps: ConversationDeps, bySipCallId: (sipCallId: string, by: AgentId) => Side | undefined): () => void {
  const { cluster, farLegs, logger } = deps;
  if (!farLegs) return () => undefined;
  return cluster.answer(JOIN, async (body): Promise<Answer> => {
    const { sipCallId, by, callId, fromOutside, other } = body as Asked;
    const side = bySipCallId(sipCallId, by);
    if (!side) throw new DomainError('forbidden', `${by} has no such call`);
    const { conversation } = side;
    const keeps = conversation.isFromOutside() && !fromOutside;
    const here = farOf(otherOf(side));
    const { uri } = farLegs.expect((leg) => {
      // Answered first: whoever calls does its part then, and this side the same.
      leg
        .answer()
        .then(() => takePlace(side, leg, keeps ? { keeps: other } : { gives: `call:${callId}` }))
        .catch((error: unknown) => {
          logger.info({ callId: conversation.call.id, by, problem: messageOf(error) }, 'two calls of a phone were not joined');
          leg.hangUp({ by: 'system', reason: 'switch-failure', text: messageOf(error) });
        });
    });
    return { uri, callId: conversation.call.id, keeps, other: here };
  });
}

/** The leg to the other process comes in the phone's place. */
async function takePlace({ conversation, party }: Side, leg: CallLeg, how: { keeps: FarParty } | { gives: string }): Promise<void> {
  if ('keeps' in how) {
    if (!conversation.replace(party, { leg, ...how.keeps })) throw new DomainError('conflict', 'the call was over by then');
    return;
  }
  const other = otherOf({ conversation, party });
  await conversation.lend(party, how.gives);
  conversation.deps.switch.traceAs?.(leg, conversation.call.id);
  void leg.ended.then((termination) => other.leg.hangUp(termination));
  void other.leg.ended.then((termination) => leg.hangUp(termination));
  await conversation.deps.switch.bridge(other.leg, leg);
}

function otherOf({ conversation, party }: Side): ConversationParty {
  conversation.assertJoinable(party);
  const other = conversation.otherThan(party);
  if (!other) throw new DomainError('conflict', 'a call of this phone is a conference');
  return other.party;
}

function farOf({ party, role, extension }: ConversationParty): FarParty {
  return { party, role, ...(extension === undefined ? {} : { extension }) };
}
