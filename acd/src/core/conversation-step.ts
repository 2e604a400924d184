import type { ConversationCommand, ConversationInput, ConversationState, ConversationStep } from './conversation.js';
import { obey } from './conversation-commands.js';
import { learn } from './conversation-facts.js';
import { watchWhoIsLeft } from './conversation-supervision.js';
import { ConversationTurn } from './conversation-turn.js';

const COMMANDS: ReadonlySet<string> = new Set<ConversationCommand['type']>([
  'hold',
  'resume',
  'mute',
  'unmute',
  'swap',
  'complete',
  'cancel',
  'hang-up',
  'transfer',
  'consult',
  'conference',
  'park',
  'supervise',
]);

function isCommand(input: ConversationInput): input is ConversationCommand {
  return COMMANDS.has(input.type);
}

/** One step of a conversation. Pure; runs nothing. */
export function stepConversation(state: ConversationState, input: ConversationInput, now: number): ConversationStep {
  const turn = new ConversationTurn(state, now);
  if (state.phase === 'over') {
    if (isCommand(input)) turn.refuse('conflict', `call ${state.callId} is over`);
    else turn.ignored = 'the conversation is over';
    return turn.result(state);
  }
  if (isCommand(input)) obey(turn, input);
  else learn(turn, input);
  if (!turn.refused && turn.ignored === undefined) watchWhoIsLeft(turn);
  return turn.result(state);
}
