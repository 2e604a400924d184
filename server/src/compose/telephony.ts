import { randomBytes } from 'node:crypto';
import { type AcdService, createAcd, createRedisAcdStore } from '@yixian/acd';
import type { FlowRunner, SeatDialer } from '@yixian/contracts';
import { createMessageRows, createSipTraceRows, createTrunkUsageRows } from '@yixian/db';
import { createFlowRunner, type Transferrer } from '@yixian/ivr';
import type { RecorderService } from '@yixian/recorder';
import {
  createEdgePolicy,
  createFreeswitch,
  createMessages,
  createOutside,
  createSbc,
  type Edge,
  type MessageService,
  type Outside,
  type Sbc,
  type WebCredentialStore,
} from '@yixian/sbc';
import { createSoftswitch, SipTrace, type Softswitch } from '@yixian/softswitch';
import { ACD_KEYS } from '../redis-keys.js';
import { createRegistrationStore } from '../registration-store.js';
import { mailboxFolder, sharedFolders } from '../shared-folders.js';
import { createSipTraceKeeper, type SipTraceKeeper } from '../sip-traces.js';
import { version } from '../version.js';
import { flowToolsOf, promptsOf } from './flows.js';
import type { Foundation } from './foundation.js';
import { createMailbox } from './mailbox.js';
import { composeRecorder } from './recording.js';
import { sharedWebCredentials } from './sessions.js';
import type { Undo } from './undo.js';

/** Everything a call meets, from the wire to the agent. */
export interface Telephony {
  softswitch: Softswitch;
  edge: Edge;
  sbc: Sbc;
  acd: AcdService;
  recorder: RecorderService;
  messages: MessageService;
  webCredentials: WebCredentialStore;
  seats: SeatDialer;
  sipTraces: SipTraceKeeper;
}

const NONCE_KEY = 'yixian:cluster:nonce-key';
/** How long calls may take to write their last facts when their legs have been ended. */
const CALLS_END_MS = 5000;
/** How often old SIP traces are deleted. */
const RETENTION_MS = 3_600_000;

export async function startTelephony(base: Foundation, undo: Undo): Promise<Telephony> {
  const { config, logger, clock, ids, events, calls, directory, redis } = base;
  // the edge is asked before there are calls to count, hence the late binding
  const live: { sbc?: Sbc; acd?: AcdService; flows?: FlowRunner; seats?: Outside['seats'] } = {};
  const webCredentials = sharedWebCredentials(base.cluster, clock);
  const edge = createEdgePolicy({
    directory,
    clock,
    logger,
    events,
    liveCallsOn: (trunkId) => live.sbc?.liveCallsOn(trunkId) ?? 0,
    webPassword: webCredentials.password,
    expects: (name) => live.seats?.far?.expects(name) === true,
  });
  undo.add('edge', () => edge.close());
  const trace = config.sipTraceDays > 0 ? new SipTrace(clock) : undefined;
  const sipTraces = traceKeeperOf(base, trace);
  undo.add('SIP traces', () => sipTraces.close());
  const outer = config.freeswitch && createFreeswitch({ ...config.freeswitch, shared: await sharedFolders(config), clock, logger });
  const softswitch = createSoftswitch({
    // FreeSWITCH has no G.729 of its own.
    ...(outer ? { ...outer, codecs: ['PCMA', 'PCMU'] as const } : {}),
    hosts: config.hosts,
    sipPort: config.sipPort,
    rtpPorts: config.rtpPorts,
    policy: edge,
    clock,
    ids,
    logger,
    registrationStore: createRegistrationStore(redis.client, base.membership.joined),
    ...(base.membership.joined ? { cluster: base.membership.joined, nonceKey: await sharedNonceKey(redis.client) } : {}),
    userAgent: `Yixian/${version}`,
    digestAlgorithms: config.sipDigest,
    ...(trace ? { trace } : {}),
  });
  const prompts = promptsOf(base);
  const outside = createOutside({
    switch: softswitch,
    directory,
    events,
    clock,
    logger,
    prompts,
    timeZone: config.timeZone,
    trunkUsage: createTrunkUsageRows(base.database.knex),
    startsLater: true,
    cluster: base.cluster,
  });
  live.seats = outside.seats;
  await outside.meter.start();
  undo.add('outside', () => outside.close());
  const { recorder, jobs, begin: beginRecording } = await composeRecorder(base, softswitch, undo);
  jobs.every('sip-trace-retention', RETENTION_MS, () => sipTraces.applyRetention());
  const acd = createAcd({
    switch: softswitch,
    seats: outside.seats,
    // whoever talks may be put through to the edge's parties or to a flow, which both are made after the queues
    parties: {
      resolve: (dialled, by) => lateBound(live.sbc).parties.resolve(dialled, by),
      ring: (request) => lateBound(live.sbc).parties.ring(request),
    },
    flows: { run: (call, flowId, options) => lateBound(live.flows).run(call, flowId, options) },
    recorder,
    prompts,
    calls,
    directory,
    events,
    clock,
    ids,
    logger,
    timeZone: config.timeZone,
    outbound: { place: (request) => lateBound(live.sbc).outboundCalls.place(request) },
    store: createRedisAcdStore(redis.client, ACD_KEYS, { logger, fenced: config.node !== undefined }),
    cluster: base.cluster,
    ...(outside.seats.far ? { farLegs: outside.seats.far } : {}),
  });
  const transferrer: Transferrer = { connect: (call, target) => lateBound(live.sbc).transfers.connect(call, target) };
  const flows = createFlowRunner({
    directory,
    queues: acd.queues,
    conversations: acd.conversations,
    callbacks: acd.callbacks,
    notes: recorder.notes,
    recorder,
    prompts,
    transferrer,
    bus: events,
    ...flowToolsOf(base),
  });
  live.flows = flows;
  const mailbox = await createMailbox({
    records: base.records,
    archive: recorder.archive,
    directory,
    folder: mailboxFolder(base.config),
  });
  const sbc = createSbc({
    mailbox,
    switch: softswitch,
    directory,
    flows,
    ledger: base.ledger,
    calls,
    acd: acd.acd,
    conversations: acd.conversations,
    recorder,
    events,
    clock,
    ids,
    logger,
    prompts,
    outside,
    ...(base.membership.joined ? { cluster: base.membership.joined } : {}),
  });
  undo.add('sbc', () => sbc.close());
  live.sbc = sbc;

  const messages = createMessages({
    switch: softswitch,
    directory,
    rows: createMessageRows(base.database.knex),
    events,
    clock,
    ids,
    logger,
    cluster: base.cluster,
  });
  undo.add('messages', () => messages.close());
  undo.add('acd', () => acd.stop());
  await acd.start();
  undo.add('calls', () => sbc.drain(CALLS_END_MS)); // after the switch has ended their legs: their last events belong in the journal
  undo.add('switch', () => softswitch.stop());
  const started = softswitch.start({
    inbound: (leg) => sbc.inbound(leg),
    home: (call) => sbc.home(call),
    message: (message) => messages.fromPhone(message),
    registrationChanged({ extension, contacts, reason, node }) {
      acd.registrationChanged({ extension, contacts, ...(node === undefined ? {} : { node }) });
      messages.registrationChanged({ extension, contacts });
      if (node !== undefined) return; // told by the process it registered at
      const draft = { agentId: extension } as const;
      if (contacts > 0) events.publish({ ...draft, type: 'agent.registered', data: { extension, contacts } });
      else events.publish({ ...draft, type: 'agent.unregistered', data: { extension, reason } });
    },
  });
  await started.catch((error: Error) => {
    throw new Error(/^cannot listen/.test(error.message) ? `SIP_PORT or HOTLINE_HOST: ${error.message}` : error.message, { cause: error });
  });
  sipTraces.start();
  await beginRecording();
  outside.seats.start();
  await messages.start();
  // Phones the switch knows from the process before: they register anew only minutes from now, and may be rung already.
  for (const { extension } of softswitch.registrations()) acd.registrationChanged({ extension, contacts: 1 });
  return { softswitch, edge, sbc, acd, recorder, messages, webCredentials, seats: outside.seats, sipTraces };
}

function traceKeeperOf({ config, database, clock, logger, calls }: Foundation, collector: SipTrace | undefined): SipTraceKeeper {
  return createSipTraceKeeper({
    collector,
    rows: createSipTraceRows(database.knex),
    clock,
    logger,
    days: config.sipTraceDays,
    isLive: (callId) => calls.record(callId) !== undefined,
  });
}

/** Drawn by the first process of a hotline, kept for all: a phone takes the challenge of one and answers another. */
async function sharedNonceKey(redis: Foundation['redis']['client']): Promise<Buffer> {
  await redis.set(NONCE_KEY, randomBytes(32).toString('base64'), { condition: 'NX' });
  return Buffer.from((await redis.get(NONCE_KEY)) ?? '', 'base64');
}

function lateBound<T>(made: T | undefined): T {
  if (made === undefined) throw new Error('a call wants a part of the hotline that is not composed yet');
  return made;
}
