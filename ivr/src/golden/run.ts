import { IllegalTransition, localInstant } from '@yixian/contracts';
import type { Flow } from '../core/flow.js';
import { begin, step } from '../core/interpreter.js';
import type { FlowEvent, FlowInput, SpeechItem, TicketedEffect } from '../core/machine.js';
import type { FlowState, FlowStep } from '../core/state.js';
import { linesDiffer } from './diff.js';
import type { Dialogue, Expectation } from './script.js';
import { ScriptMismatch, ScriptWorld } from './world.js';

/** What a dialogue came to. */
export interface DialogueOutcome {
  name: string;
  ok: boolean;
  /** What happened, a line each. */
  transcript: string[];
  /** What is not as expected, each with a readable difference. */
  failures: string[];
}

/** Flows by id as the dialogue knows them. */
export type FlowBook = (id: string) => { flow: Flow; version: number } | undefined;

interface Seen extends Required<Pick<Expectation, 'path' | 'prompts' | 'queues' | 'requests' | 'survey'>> {
  transcript: string[];
  result: string | undefined;
}

/** Steps in one dialogue after which it is given up. */
const MAX_STEPS = 20_000;

/** Plays a dialogue against the interpreter itself: nothing rings, no time passes but the script's. */
export function runDialogue(flow: Flow, dialogue: Dialogue, flows: FlowBook = () => undefined): DialogueOutcome {
  const seen: Seen = { path: [], prompts: [], queues: [], requests: [], survey: [], transcript: [], result: undefined };
  const failures: string[] = [];
  let state: FlowState | undefined;
  try {
    state = play(flow, dialogue, flows, seen, failures);
  } catch (error) {
    if (!(error instanceof ScriptMismatch) && !(error instanceof IllegalTransition)) throw error;
    failures.push(error.message);
  }
  failures.push(...differences(dialogue.expect, seen, state));
  return { name: dialogue.name, ok: failures.length === 0, transcript: seen.transcript, failures };
}

function play(flow: Flow, dialogue: Dialogue, flows: FlowBook, seen: Seen, failures: string[]): FlowState {
  const { caller, called, timeZone } = dialogue;
  const clock = { now: epochOf(dialogue.at, timeZone) };
  const world = new ScriptWorld(dialogue, (id) => (id === flow.id ? { flow, version: 1 } : flows(id)), clock);
  let now = begin(flow, { version: 1, caller, called, timeZone });
  let input: FlowInput = { type: 'answered' };
  note(now, flow.id, seen);
  for (let n = 0; n < MAX_STEPS; n++) {
    now = step(now.state, input, clock.now);
    note(now, flow.id, seen);
    if (now.effects.some((effect) => effect.type === 'clearDigits')) world.clearDigits();
    if (now.state.phase === 'over') {
      if (world.left.length > 0) failures.push(`the flow was over before ${world.left.length} of the steps: ${JSON.stringify(world.left)}`);
      return now.state;
    }
    if (now.state.phase === 'settling') {
      input = { type: 'settle-deadline' };
      continue;
    }
    const asked = now.effects.find((effect): effect is TicketedEffect => 'ticket' in effect);
    if (!asked) throw new ScriptMismatch('the flow asks for nothing and is not over');
    const answer = world.answer(asked);
    seen.transcript.push(`  ${told(answer)}`);
    input = { ...answer, ticket: asked.ticket } as FlowInput;
  }
  throw new ScriptMismatch(`the dialogue was not over after ${MAX_STEPS} steps`);
}

function note(now: FlowStep, first: string, seen: Seen): void {
  for (const event of now.events) noteEvent(event, first, seen);
  for (const effect of now.effects) {
    if (effect.type === 'play') {
      seen.prompts.push(...effect.items.map(said));
      seen.transcript.push(`  says ${effect.items.map(said).join(' ')}${effect.language === 'zh-CN' ? '' : ` (${effect.language})`}`);
    } else if (effect.type === 'enqueue') {
      const { queueId, priority, agentId, group, minLevels } = effect;
      const wishes = JSON.stringify({ agentId, group, minLevels });
      seen.queues.push(`${queueId}${priority === 0 ? '' : ` at ${priority}`}${wishes === '{}' ? '' : ` ${wishes}`}`);
      seen.transcript.push(`  waits in queue ${seen.queues.at(-1)}`);
    } else if (effect.type === 'http') {
      seen.requests.push(`${effect.request.method} ${effect.request.url}`);
      seen.transcript.push(`  asks ${seen.requests.at(-1)}`);
    } else if (effect.type === 'warn') seen.transcript.push(`  warns ${effect.message}`);
    else if (effect.type === 'hangUp') {
      const { reason, text } = effect.termination;
      seen.result = reason;
      seen.transcript.push(`ends: ${reason}${text === undefined ? '' : `, ${text}`}`);
    }
  }
}

function noteEvent(event: FlowEvent, first: string, seen: Seen): void {
  switch (event.type) {
    case 'call.reached-node': {
      const { flowId, nodeId, nodeType } = event.data;
      seen.path.push(flowId === first ? nodeId : `${flowId}/${nodeId}`);
      seen.transcript.push(`${seen.path.at(-1)} (${nodeType})`);
      break;
    }
    case 'survey.answered': {
      const { score, surveyId } = event.data;
      seen.survey.push(surveyId === undefined ? String(score) : `${surveyId}=${score}`);
      break;
    }
  }
}

const said = (item: SpeechItem): string => (item.kind === 'prompt' ? item.id : `「${item.text}」`);

/** What the world answered, in a line. */
function told(answer: object): string {
  const { type, flow: _flow, ...rest } = answer as { type: string; flow?: unknown };
  return `← ${type} ${JSON.stringify(rest)}`.replace(/ \{\}$/, '');
}

function differences(expect: Expectation, seen: Seen, state: FlowState | undefined): string[] {
  const failures: string[] = [];
  for (const field of ['path', 'prompts', 'queues', 'requests', 'survey'] as const) {
    const expected = expect[field];
    if (expected === undefined) continue;
    const difference = linesDiffer(expected, seen[field]);
    if (difference) failures.push(`${field}:\n${difference}`);
  }
  const variables = state?.variables ?? {};
  for (const [name, value] of Object.entries(expect.variables ?? {})) {
    const is = Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
    if (is !== value) failures.push(`variable ${name}: ${JSON.stringify(value)} was expected, it is ${JSON.stringify(is)}`);
  }
  if (expect.language !== undefined && variables.language !== expect.language)
    failures.push(`language: ${expect.language} was expected, it is ${variables.language}`);
  if (expect.result !== undefined && seen.result !== expect.result)
    failures.push(`result: ${expect.result} was expected, it is ${seen.result ?? 'none'}`);
  return failures;
}

/** The instant of a local time `2026-10-01T08:30`. The zone's offset is found by looking: no zone is more than a day away. */
export function epochOf(local: string, timeZone: string): number {
  const utc = (text: string): number => {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
    return ((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000;
  };
  const wanted = utc(local);
  let at = wanted;
  for (let round = 0; round < 3; round++) {
    const { date, clock } = localInstant(at, timeZone);
    at += wanted - utc(`${date}T${clock}`);
  }
  return at;
}

/** Days since 1970-01-01 in the Gregorian calendar. */
function days(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}
