import { z } from 'zod';

// What goes in and out, once: the checks that run and the OpenAPI document are made from these.

export type AnySchema = z.ZodType;

/** Gives a schema the name under which the OpenAPI document refers to it. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  return schema.meta({ id });
}

const OUTCOMES = [
  'answered',
  'abandoned-in-flow',
  'abandoned-in-queue',
  'abandoned-ringing',
  'voicemail',
  'overflowed',
  'rejected',
  'failed',
  'outbound-answered',
  'outbound-unanswered',
] as const;
const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;

export const extension = z
  .string()
  .regex(/^\d{2,12}$/, 'must be an extension of 2 to 12 digits')
  .describe('Internal number, e.g. 1001');
export const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be an id of letters, digits, - and _');
export const number = z
  .string()
  .regex(/^[+*#0-9A-Za-z_.-]{1,64}$/, 'must be a number or extension')
  .describe('Number as in the record');
const dialable = z
  .string()
  .regex(/^\+?[0-9*#]{1,32}$/, 'must be a number: digits, * and #, optionally a leading +')
  .describe('Number or extension to call');

const date = z.iso.date('must be a date such as 2026-01-31');
const dateTime = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with zone, such as 2026-01-31T08:00:00Z' });
/** A point in time; a bare date is its midnight UTC. */
export const instant = z.union([dateTime, date], { error: 'must be an ISO 8601 time with zone, such as 2026-01-31T08:00:00Z, or a date' });

export const page = {
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1000, 'must be at most 1000')
    .default(50),
  cursor: z.string().min(1).max(512, 'is not a cursor of this list').optional().describe('`next` of the page before'),
};

/** Live lists are short: whole by default. */
export const livePage = z.strictObject({ ...page, limit: page.limit.unwrap().default(1000) });
export const pageQuery = z.strictObject(page);
const callSearch = {
  from: instant.optional().describe('Calls that arrived at or after'),
  to: instant.optional().describe('Calls that arrived before'),
  caller: number.optional(),
  called: number.optional(),
  agent: extension.optional().describe('Calls this agent was on, the last or an earlier one of several, or has made'),
  queue: identifier.optional(),
  outcome: z.enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`).optional(),
  direction: z.enum(DIRECTIONS, `must be one of ${DIRECTIONS.join(', ')}`).optional(),
};
export const callsQuery = z.strictObject({ ...callSearch, ...page });
export const callsExport = z.strictObject(callSearch);
/** Filters that lists of calls and of recordings have in common. */
export const callFilters = {
  instant,
  extension,
  outcome: z.enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`),
  direction: z.enum(DIRECTIONS, `must be one of ${DIRECTIONS.join(', ')}`),
};

export const byExtension = z.strictObject({ extension });
export const byId = z.strictObject({ id: identifier });

export const credentials = named(
  'Credentials',
  z.strictObject({
    username: z.string('must be a text').min(1, 'must not be empty').max(128, 'must be at most 128 characters'),
    password: z.string('must be a text').min(1, 'must not be empty').max(1024, 'must be at most 1024 characters'),
  }),
);
const stateFields = {
  state: z.enum(['ready', 'not-ready', 'offline'], 'must be one of ready, not-ready, offline'),
  reason: z.string('must be a text').min(1, 'must not be empty').max(64, 'must be at most 64 characters').nullish().describe('E.g. lunch'),
};
const yesNo = z.boolean('must be true or false');
const seatFields = {
  kind: z.enum(['sip', 'softphone', 'phone'], 'must be one of sip, softphone, phone'),
  number: dialable.optional().describe('Only for kind phone: the fixed line or mobile, called over a trunk that allows it'),
  confirm: yesNo
    .optional()
    .describe('Only for kind phone: whoever answers presses 1 to accept, so that a mailbox takes no call; default true'),
  persistent: yesNo.optional().describe('Only for kind phone: the line is called at sign-in and kept up between calls'),
  confirmEach: yesNo.optional().describe('Only with persistent: 1 is pressed for each call, too; default a beep'),
};
const digits = z
  .string('must be a text')
  .regex(/^[0-9*#A-Da-d]{1,32}$/, 'must be 1 to 32 keys of 0-9, *, # and A-D')
  .transform((keys) => keys.toUpperCase());

export const stateBody = named('AgentStateChange', z.strictObject(stateFields));
export const seatBody = named('SeatChange', z.strictObject(seatFields));
export const dialBody = named('Dial', z.strictObject({ from: extension, to: dialable }));
export const digitsBody = named('Digits', z.strictObject({ digits }));

const targetFields = {
  to: dialable.optional().describe('As dialled at the own phone'),
  agent: extension.optional(),
  queue: identifier.optional(),
  priority: z
    .int('must be a whole number')
    .min(-1000, 'must be at least -1000')
    .max(1000, 'must be at most 1000')
    .optional()
    .describe('Only with queue: added to the queue’s own'),
  flow: identifier.optional(),
  extension: extension.optional(),
  number: dialable.optional().describe('A telephone number over a trunk'),
};
/** Whom a command names, as received. */
export type TargetFields = z.output<z.ZodObject<typeof targetFields>>;

/** The ways to name whom is meant; `priority` goes along with `queue`. */
export const NAMES = ['to', 'agent', 'queue', 'flow', 'extension', 'number'] as const;

/** Those of the ways that were used. */
export function namedIn(fields: TargetFields): string[] {
  return NAMES.filter((name) => fields[name] !== undefined);
}

/** Exactly one of the names, or where `optional` at most one. */
function oneTarget(optional: boolean) {
  return (fields: TargetFields, context: z.core.$RefinementCtx): void => {
    const given = namedIn(fields);
    const wrong = given.length > 1 || (given.length === 0 && !optional);
    if (wrong) context.addIssue({ code: 'custom', path: [given[1] ?? 'to'], message: `exactly one of ${NAMES.join(', ')} must be given` });
    if (fields.priority !== undefined && fields.queue === undefined) {
      context.addIssue({ code: 'custom', path: ['priority'], message: 'goes with queue only' });
    }
  };
}

const supervision = {
  mode: z.enum(
    ['listen', 'whisper', 'barge', 'takeover', 'release', 'stop'],
    'must be one of listen, whisper, barge, takeover, release, stop',
  ),
  agent: extension.optional().describe('Whom to supervise, where several agents of yours are on the call'),
};

export const targetBody = named('Target', z.strictObject(targetFields).superRefine(oneTarget(false)));
export const joinBody = named('Join', z.strictObject(targetFields).superRefine(oneTarget(true)));
export const superviseBody = named('Supervise', z.strictObject(supervision));

/** The same over Socket.IO: path and body in one object. */
export const stateCommand = z.strictObject({ extension, ...stateFields });
export const seatCommand = z.strictObject({ extension, ...seatFields });
export const dialCommand = dialBody;
export const callCommand = z.strictObject({ callId: identifier });
export const digitsCommand = z.strictObject({ callId: identifier, digits });
export const targetCommand = z.strictObject({ callId: identifier, ...targetFields }).superRefine(oneTarget(false));
export const joinCommand = z.strictObject({ callId: identifier, ...targetFields }).superRefine(oneTarget(true));
export const superviseCommand = z.strictObject({ callId: identifier, ...supervision });

// ── answers ──

const time = z.iso.datetime().describe('ISO 8601 UTC');
export const secondsOf = (what: string) => z.number().min(0).describe(`${what}, seconds`);
const ratio = z.number().min(0).max(1).nullable();

export const errorReply = named(
  'Error',
  z.strictObject({
    error: z.strictObject({
      code: z.string().describe('Stable, for programs'),
      message: z.string().describe('For people: what is wrong and what to do'),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
);

export const user = named(
  'User',
  z.strictObject({
    username: z.string(),
    displayName: z.string(),
    roles: z.array(z.enum(['agent', 'supervisor', 'admin'])),
    extension: extension.nullable(),
    groups: z.array(z.string()),
  }),
);
export const me = named('Me', z.strictObject({ user, roles: z.array(z.string()), extension: extension.nullable() }));
export const session = named('Session', z.strictObject({ token: z.string().describe('For `Authorization: Bearer`'), user }));

const seat = named(
  'Seat',
  z.strictObject({
    kind: z.enum(['sip', 'softphone', 'phone']),
    number: z.string().optional(),
    confirm: z.boolean().optional(),
    persistent: z.boolean().optional(),
    confirmEach: z.boolean().optional(),
  }),
);
const agentFields = {
  extension,
  name: z.string(),
  state: z.enum(['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up']),
  since: time.describe('When this state began'),
  reason: z.string().nullable(),
  seat,
  reachable: z.boolean().describe('Whether the seat could ring now'),
  callId: identifier.nullable().describe('Current call'),
  skills: z.array(z.string()),
  skillLevels: z.record(z.string(), z.number()).describe('1 to 10 by skill'),
  groups: z.array(z.string()),
  next: z
    .strictObject({ state: z.enum(['ready', 'not-ready', 'offline']), reason: z.string().nullable() })
    .nullable()
    .describe('Chosen for after the call; null: ready as ever'),
  wrapUpUntil: time.nullable().describe('null: not in wrap-up, or until the agent ends it'),
};
const agentToday = z.strictObject({
  callsHandled: z.number(),
  talkSeconds: z.number(),
  holdSeconds: z.number(),
  missed: z.number(),
});
const currentCall = z.strictObject({
  id: identifier,
  direction: z.enum(DIRECTIONS),
  caller: z.string(),
  called: z.string(),
  startedAt: time,
  queue: z.string().nullable(),
});
export const agent = named('Agent', z.strictObject({ ...agentFields, call: currentCall.nullable(), today: agentToday }));

const waitingCall = z.strictObject({
  callId: identifier,
  caller: z.string(),
  position: z.number().int().describe('From 1'),
  priority: z.number(),
  since: time,
  offeredTo: extension.nullable().describe('The agent whose seat rings for it now'),
});
const queueToday = z.strictObject({
  offered: z.number(),
  answered: z.number(),
  abandoned: z.number(),
  serviceLevel: ratio.describe('Answered within the threshold / answered'),
  averageWaitSeconds: z.number().nullable(),
  lossRate: ratio.describe('Unanswered / offered'),
});
export const queue = named(
  'Queue',
  z.strictObject({
    id: identifier,
    name: z.string(),
    waiting: z.array(waitingCall),
    waitingCount: z.number().int(),
    longestWaitSeconds: secondsOf('Longest wait now'),
    estimatedWaitSeconds: z.number().nullable(),
    ready: z.number().int(),
    serving: z.number().int(),
    signedIn: z.number().int(),
    door: z.strictObject({ door: z.enum(['open', 'closed', 'schedule']), open: z.boolean(), because: z.string() }),
    callbacks: z.number().int().describe('Still to be made'),
    estimateErrorSeconds: z.number().nullable().describe('Mean absolute error of the estimated wait; null before the first'),
    today: queueToday,
  }),
);

const termination = named(
  'Termination',
  z.object({
    by: z.enum(['caller', 'called', 'agent', 'supervisor', 'system', 'network']),
    reason: z.string(),
    sipStatus: z.number().int().optional(),
    q850: z.number().int().optional(),
    text: z.string().optional(),
  }),
);
const segment = named(
  'Segment',
  z.strictObject({
    kind: z.enum(['flow', 'queue', 'ringing', 'talk', 'hold', 'consult', 'conference', 'parked', 'voicemail']),
    startedAt: time,
    endedAt: time.nullable(),
    durationSeconds: z.number().nullable(),
    agent: z.string().nullable(),
    party: z.string().nullable().describe('Number or extension of somebody who is no agent'),
    queue: z.string().nullable(),
    result: z.string().nullable(),
  }),
);
export const party = named(
  'Party',
  z.strictObject({
    party: z.string().describe('Extension or number'),
    role: z.enum(['caller', 'agent', 'called', 'consulted', 'supervisor', 'member']),
    state: z.enum(['ringing', 'talking', 'held', 'listening', 'whispering', 'parked', 'lost']),
    muted: z.boolean(),
    since: time,
    supervises: z
      .strictObject({ mode: z.enum(['listen', 'whisper', 'barge']), party: z.string().nullable() })
      .optional()
      .describe('Of a supervisor: in what way, and whom; party null: whoever is on the call'),
    name: z.string().nullable().describe('Of an extension: its agent’s or its own display name; null for a number'),
    asks: z
      .strictObject({ party: z.string(), front: z.enum(['target', 'caller']) })
      .optional()
      .describe('Of who asks somebody aside: whom, and with whom of the two this party talks now'),
  }),
);
export const parkedIn = named('Parked', z.strictObject({ slot: z.string().describe('Fetched by dialling *5 and the slot') }));
const callFields = {
  id: identifier,
  direction: z.enum(DIRECTIONS),
  caller: z.string(),
  called: z.string(),
  trunk: z.string().nullable(),
  startedAt: time,
  answeredAt: time.nullable().describe('First answered, by a flow or a person'),
  connectedAt: time.nullable().describe('First talked with a person'),
  endedAt: time.nullable(),
  durationSeconds: z.number().nullable().describe('Arrival to end, null while the call lasts'),
  queue: z.string().nullable(),
  waitSeconds: secondsOf('In queues'),
  agent: z.string().nullable().describe('Who talked last'),
  talkSeconds: secondsOf('Talking'),
  holdSeconds: secondsOf('On hold'),
  outcome: z.enum(OUTCOMES).nullable(),
  termination: termination.nullable(),
  survey: z.number().int().nullable().describe('Satisfaction key, 1–5'),
  recordingId: z.string().nullable(),
  voicemailId: z.string().nullable(),
  path: z.array(z.string()).describe('Flow nodes, keys, queues and seats in the order they were reached'),
  segments: z.array(segment),
};
export const event = named(
  'Event',
  z.strictObject({
    id: z.string(),
    seq: z.number().int(),
    type: z.string(),
    at: time,
    callId: z.string().optional(),
    agentId: z.string().optional(),
    queueId: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
  }),
);
export const summary = named(
  'CallSummary',
  z.strictObject({
    disposition: z.string().nullable().describe('Code'),
    subject: z.string(),
    notes: z.string(),
    revision: z.int(),
    updatedAt: time.nullable(),
    updatedBy: z.string().nullable().describe('User name'),
  }),
);
const callSummary = summary.nullable().describe('The call summary 小结; null while there is none');
export const call = named('Call', z.strictObject({ ...callFields, summary: callSummary }));
export const callDetail = named('CallDetail', z.strictObject({ ...callFields, summary: callSummary, timeline: z.array(event) }));
export const sipTrace = named(
  'SipTrace',
  z.strictObject({
    callId: identifier,
    messages: z.array(
      z.strictObject({
        n: z.int().describe('Order within the call, from 1; a gap is what was not kept'),
        at: time,
        direction: z.enum(['received', 'sent']),
        transport: z.enum(['udp', 'tcp', 'ws']),
        local: z.string().describe('address:port'),
        remote: z.string(),
        startLine: z.string(),
        method: z.string().describe('Of the request, or of the request that is answered'),
        status: z.int().nullable().describe('Of an answer'),
        sipCallId: z.string(),
        cseq: z.string(),
        from: z.string().describe('User of From'),
        to: z.string().describe('User of To'),
        sdp: z.boolean(),
        retransmission: z.boolean().describe('The same message again'),
        bytes: z.int().describe('On the wire'),
        cut: z.boolean().describe('The text is not the whole'),
        failure: z.string().nullable().describe('Why it could not be sent'),
        text: z.string().nullable().describe('Answers to challenges and media keys as ***; null where numbers are masked for the role'),
      }),
    ),
    dropped: z.int().describe('Messages that were too many to be kept'),
    masked: z.boolean(),
    keptDays: z.int().describe('SIP_TRACE_DAYS; 0: nothing is traced'),
  }),
);
export const callMade = named('CallMade', z.strictObject({ id: identifier }));

export const recording = named(
  'Recording',
  z.strictObject({
    id: identifier,
    callId: identifier,
    agent: z.string().nullable(),
    queue: z.string().nullable(),
    direction: z.enum(DIRECTIONS).nullable(),
    extension: z.string().nullable().describe('Our side’s, also where it is no agent’s'),
    party: z.string().nullable().describe('The other party’s number'),
    groups: z.array(z.string()).describe('Business groups of agent and queue at that time'),
    outcome: z.enum(OUTCOMES).nullable().describe('Of the call; null while it lasts'),
    startedAt: time,
    endedAt: time.nullable(),
    durationSeconds: z.number().nullable().describe('Pauses included'),
    pauses: z
      .array(z.strictObject({ from: z.number(), to: z.number().nullable() }))
      .describe('Stretches of silence on purpose, seconds from the start'),
    pausedSeconds: z.number(),
    bytes: z.number().nullable().describe('Of the WAV'),
    state: z.enum(['recording', 'complete', 'failed', 'deleted']),
    held: z.boolean().describe('Under legal hold: cannot be deleted'),
    encryption: z.enum(['none', 'aes-256-gcm', 'sm4-ctr-sm3']).describe('At rest'),
    sha256: z.string().nullable().describe('Of the WAV'),
  }),
);
export const voicemail = named(
  'Voicemail',
  z.strictObject({
    id: identifier,
    callId: identifier,
    box: z.string(),
    caller: z.string(),
    leftAt: time,
    durationSeconds: z.number(),
    heard: z.boolean(),
    heardAt: time.nullable(),
    heardBy: z.string().nullable().describe('User name'),
  }),
);

export const sessionUntil = named('SessionUntil', z.strictObject({ expiresAt: time }));
export const softphone = named(
  'Softphone',
  z.strictObject({
    extension,
    username: z.string().describe('User name of the digest'),
    password: z.string(),
    expiresAt: time,
    path: z.literal('/sip').describe('WebSocket with subprotocol `sip` (RFC 7118) on this host and port'),
  }),
);

/** A page of a list. */
export function listOf<S extends z.ZodType>(item: S) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable().describe('`cursor` of the next page, null at the end') });
}

export const health = z.strictObject({ status: z.literal('ok') });
export const readiness = z.strictObject({ status: z.literal('ready') });
