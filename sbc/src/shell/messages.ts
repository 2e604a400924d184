import {
  type Clock,
  type Cluster,
  type Directory,
  DomainError,
  type EventBus,
  type IdSource,
  type Logger,
  type MessageRow,
  type MessageRows,
  type Messages,
  type SipMessage,
  type Switch,
  type SwitchHandlers,
  soloCluster,
  type Timer,
} from '@yixian/contracts';
import { MAX_TEXT_BYTES, textProblem } from '../core/text-limits.js';
import { type Bucket, take } from '../core/token-bucket.js';
import { BoundedMap } from './bounded-map.js';
import { messageOf } from './deadline.js';

export interface MessagesDeps {
  switch: Pick<Switch, 'sendMessage' | 'registrations'>;
  directory: Pick<Directory, 'extension'>;
  rows: MessageRows;
  events: EventBus;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** The other processes of the hotline: whoever decides sends for all, so that a text is sent once. */
  cluster?: Cluster;
  options?: Partial<MessagesOptions>;
}

export interface MessagesOptions {
  /** How long a text waits for its phone, milliseconds. */
  keepMs: number;
  /** Texts that may wait for one extension. */
  maxWaiting: number;
  /** Texts one extension may send. */
  rate: { ratePerSecond: number; burst: number };
  /** Pause before a registered phone that did not take a text is tried again, milliseconds. */
  retryMs: number;
  /** How often texts over their time are looked for, milliseconds. */
  sweepMs: number;
}

const DEFAULTS: MessagesOptions = {
  keepMs: 7 * 86_400_000,
  maxWaiting: 200,
  rate: { ratePerSecond: 1, burst: 20 },
  retryMs: 60_000,
  sweepMs: 600_000,
};

const FORWARD = 'sbc.forward-texts';
/** A sender waits so long to be told whether the text is there; several may wait for a phone. */
const FORWARD_MS = 20_000;

/** Answer to a phone's MESSAGE. */
type PhoneAnswer = Awaited<ReturnType<SwitchHandlers['message']>>;

export interface MessageService extends Messages {
  /** A text from a phone: goes into `SwitchHandlers.message`. Taken as soon as it is stored. */
  fromPhone(message: SipMessage): Promise<PhoneAnswer>;
  registrationChanged(change: { extension: string; contacts: number }): void;
  /** Takes up what was kept. Rejects when it cannot be read. */
  start(): Promise<void>;
  /** Ends timers and waits for what is being sent. */
  close(): Promise<void>;
  metrics(): Record<string, number>;
}

/**
 * Texts between extensions, store and forward: stored first, then sent to the phone when one is there, in the order they
 * came, until they are over their time. After a crash between sending and noting it a text may come twice, never not at all.
 */
export function createMessages(deps: MessagesDeps): MessageService {
  const { directory, rows, events, clock, logger } = deps;
  const options = { ...DEFAULTS, ...deps.options };
  const cluster = deps.cluster ?? soloCluster();
  const leads = (): boolean => cluster.leadership().mine;
  const buckets = new BoundedMap<Bucket>(10_000);
  /** One round of sending at a time for each extension; `again` when something came meanwhile. */
  const rounds = new Map<string, { done: Promise<void>; again: boolean }>();
  const retries = new Map<string, Timer>();
  const counts = { sent: 0, delivered: 0, expired: 0 };
  let sweep: Timer | undefined;
  let closed = false;

  function check(from: string, to: string, text: string): void {
    if (!directory.extension(to)?.enabled) throw new DomainError('not-found', `to: there is no extension ${to}`, { field: 'to', to });
    const problem = textProblem(text);
    if (problem === 'empty') throw new DomainError('bad-request', 'text: must not be empty', { field: 'text' });
    if (problem === 'too-long') {
      throw new DomainError('bad-request', `text: at most ${MAX_TEXT_BYTES} bytes of UTF-8`, { field: 'text', maxBytes: MAX_TEXT_BYTES });
    }
    const taken = take(buckets.get(from), options.rate, clock.monotonic());
    buckets.set(from, taken.bucket);
    if (!taken.ok) throw new DomainError('too-many-requests', `${from} sends too many texts`, { from });
  }

  async function store(from: string, to: string, text: string): Promise<MessageRow> {
    check(from, to, text);
    const now = clock.now();
    const row: MessageRow = {
      id: deps.ids.next('message'),
      from,
      to,
      text,
      sentAt: now,
      expiresAt: now + options.keepMs,
      state: 'kept',
      deliveredAt: null,
    };
    try {
      const waiting = await rows.waiting(to, now);
      if (waiting.length >= options.maxWaiting) {
        throw new DomainError('conflict', `${waiting.length} texts wait for ${to} already`, { to });
      }
      await rows.insert(row);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      logger.error({ from, to, problem: messageOf(error) }, 'a text could not be stored');
      throw new DomainError('unavailable', 'the text could not be stored; try again later');
    }
    counts.sent++;
    events.publish({ type: 'message.sent', agentId: to, data: { messageId: row.id, from, to } });
    return row;
  }

  /** Sends what waits for an extension, or has it sent; resolves when nothing waits any more or the phone does not take it. */
  async function forward(to: string): Promise<void> {
    if (leads()) return await sendHere(to);
    try {
      await cluster.ask('leader', FORWARD, to, FORWARD_MS);
    } catch (error) {
      // Whoever decides next looks for what waits.
      logger.info({ to, problem: messageOf(error) }, 'a text waits for the process that sends');
    }
  }

  function sendHere(to: string): Promise<void> {
    const running = rounds.get(to);
    if (running) {
      running.again = true;
      return running.done;
    }
    if (closed) return Promise.resolve();
    retries.get(to)?.cancel();
    retries.delete(to);
    const round = { again: false, done: Promise.resolve() };
    rounds.set(to, round);
    round.done = sendAll(to, round).finally(() => rounds.delete(to));
    return round.done;
  }

  async function sendAll(to: string, round: { again: boolean }): Promise<void> {
    do {
      round.again = false;
      try {
        for (const row of await rows.waiting(to, clock.now())) {
          if (closed || !leads() || !(await deliver(row))) return;
        }
      } catch (error) {
        logger.error({ to, problem: messageOf(error) }, 'kept texts could not be read or noted as delivered');
        tryLater(to);
        return;
      }
    } while (round.again);
  }

  async function deliver(row: MessageRow): Promise<boolean> {
    const { id, from, to, text } = row;
    if (deps.switch.registrations(to).length === 0) return false;
    const displayName = directory.extension(from)?.displayName;
    const result = await deps.switch.sendMessage({ from, to, text, ...(displayName ? { fromDisplayName: displayName } : {}) });
    if (!result.delivered) {
      logger.info({ messageId: id, to, reason: result.termination.reason }, 'a text was not taken by the phone and is kept');
      tryLater(to);
      return false;
    }
    await rows.delivered(id, clock.now());
    counts.delivered++;
    events.publish({ type: 'message.delivered', agentId: from, data: { messageId: id, from, to } });
    return true;
  }

  function tryLater(to: string): void {
    if (closed || retries.has(to)) return;
    retries.set(
      to,
      clock.setTimer(options.retryMs, () => {
        retries.delete(to);
        void sendHere(to);
      }),
    );
  }

  const quit = [
    cluster.answer(FORWARD, async (to) => {
      if (leads()) await sendHere(String(to));
    }),
    cluster.onLeadership(({ mine }) => {
      if (mine) void sendWaiting();
    }),
  ];

  async function sendWaiting(): Promise<void> {
    try {
      for (const to of await rows.waitingFor()) void sendHere(to);
    } catch (error) {
      logger.error({ problem: messageOf(error) }, 'kept texts could not be looked for');
    }
  }

  async function expire(): Promise<void> {
    try {
      if (!leads()) return;
      for (const { id, from, to } of await rows.expire(clock.now())) {
        counts.expired++;
        events.publish({ type: 'message.expired', agentId: from, data: { messageId: id, from, to } });
      }
    } catch (error) {
      logger.error({ problem: messageOf(error) }, 'texts over their time could not be looked for');
    } finally {
      if (!closed) sweep = clock.setTimer(options.sweepMs, () => void expire());
    }
  }

  return {
    async send({ from, to, text }) {
      const row = await store(from, to, text);
      await forward(to);
      const waits = (await rows.waiting(to, clock.now())).some((one) => one.id === row.id);
      return { id: row.id, state: waits ? 'kept' : 'delivered' };
    },
    list: (query) => rows.list(query),
    async fromPhone({ from, to, text }) {
      try {
        await store(from, to, text);
      } catch (error) {
        return refusal(error);
      }
      void forward(to);
      return { status: 202 };
    },
    registrationChanged({ extension, contacts }) {
      if (contacts > 0 && leads()) void sendHere(extension);
    },
    async start() {
      await expire();
      if (!leads()) return;
      for (const to of await rows.waitingFor()) void sendHere(to);
    },
    async close() {
      closed = true;
      for (const stop of quit) stop();
      sweep?.cancel();
      for (const timer of retries.values()) timer.cancel();
      retries.clear();
      await Promise.all([...rounds.values()].map((round) => round.done));
    },
    metrics: () => ({
      sbc_messages_sent_total: counts.sent,
      sbc_messages_delivered_total: counts.delivered,
      sbc_messages_expired_total: counts.expired,
    }),
  };
}

function refusal(error: unknown): PhoneAnswer {
  if (!(error instanceof DomainError)) return { status: 503, text: messageOf(error) };
  if (error.code === 'not-found') return { status: 404, text: error.message };
  if (error.code === 'bad-request') return { status: error.details?.maxBytes === undefined ? 403 : 413, text: error.message };
  if (error.code === 'conflict') return { status: 480, text: error.message };
  return { status: 503, text: error.message };
}
