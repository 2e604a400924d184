import type { Kept, StoredAgent } from '../core/inputs.js';

// What was kept by an earlier process, maybe of an earlier version: checked before anything is made of it.

/** Every table there is. */
export const TABLES = ['agents', 'calls', 'callbacks', 'doors', 'talks'] as const satisfies readonly (keyof Kept)[];

const STATES: unknown[] = ['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up'];
const WISHES: unknown[] = ['ready', 'not-ready', 'offline'];
const DOORS: unknown[] = ['open', 'closed', 'schedule'];

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function has(value: unknown, strings: readonly string[], numbers: readonly string[]): value is Fields {
  return (
    isObject(value) && strings.every((key) => typeof value[key] === 'string') && numbers.every((key) => typeof value[key] === 'number')
  );
}

/** What an agent kept by an earlier version does not have yet. */
const LATER: Pick<StoredAgent, 'restUntil' | 'day' | 'calls' | 'talkMs'> = { restUntil: null, day: '', calls: 0, talkMs: 0 };

function agent(value: unknown): Fields | undefined {
  if (!has(value, ['agentId'], ['since']) || !isObject(value.wish) || !isObject(value.seat)) return undefined;
  if (!STATES.includes(value.state) || !WISHES.includes(value.wish.state)) return undefined;
  return value.wrapUpUntil === null || typeof value.wrapUpUntil === 'number' ? { ...LATER, ...value } : undefined;
}

/** The entry as it can be used, or undefined when it cannot. */
export const VALID: Record<keyof Kept, (value: unknown) => Fields | undefined> = {
  agents: agent,
  calls: (value) => (has(value, ['callId', 'queueId'], ['order']) ? value : undefined),
  callbacks: (value) => {
    if (!has(value, ['callbackId', 'queueId', 'number', 'by'], ['priority', 'since', 'order', 'attempts'])) return undefined;
    if (value.notBefore !== null && typeof value.notBefore !== 'number') return undefined;
    return { ...value, ask: isObject(value.ask) ? value.ask : {} };
  },
  doors: (value) => (has(value, ['queueId', 'by'], []) && DOORS.includes(value.door) ? value : undefined),
  talks: (value) => (has(value, ['number', 'agentId'], ['at']) ? value : undefined),
};
