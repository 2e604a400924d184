import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type {
  CallId,
  Clock,
  Logger,
  SipTrace,
  SipTraceMessage,
  SipTracePart,
  SipTraceRows,
  SipTraces,
  SwitchMetrics,
  Timer,
} from '@yixian/contracts';
import type { CollectedMessages } from '@yixian/softswitch';

/** So much of a call may be lost with the process. */
const WRITE_MS = 5_000;
/** Parts that wait for a database that is away; beyond it the oldest go. */
const MOST_WAITING = 20_000;
const DAY_MS = 86_400_000;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** What has the messages before they are stored. */
interface Collector {
  collect(isLive: (callId: CallId) => boolean, all?: boolean): CollectedMessages[];
  uncollected(callId: CallId): SipTrace;
  metrics(): Record<string, number>;
}

export interface SipTraceKeeper extends SipTraces {
  /** Begins to store. */
  start(): void;
  /** Deletes what is older than it shall be kept. */
  applyRetention(): Promise<void>;
  metrics(): SwitchMetrics;
  /** Stores what is there. */
  close(): Promise<void>;
}

export interface SipTraceKeeperDeps {
  /** Undefined: nothing is traced. */
  collector: Collector | undefined;
  rows: SipTraceRows;
  clock: Clock;
  logger: Logger;
  days: number;
  isLive(callId: CallId): boolean;
}

/**
 * Stores the SIP messages of calls every few seconds, compressed on a thread of libuv's, a few calls' together in one statement; what
 * cannot be stored waits for the next time. Nothing that happens here can hold up or harm a call.
 */
export function createSipTraceKeeper(deps: SipTraceKeeperDeps): SipTraceKeeper {
  const { collector, rows, clock, logger, days } = deps;
  let waiting: Waiting[] = [];
  let [lost, failing, closed] = [0, false, false];
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  function write(all: boolean): Promise<void> {
    const collected = collector?.collect(deps.isLive, all) ?? [];
    const writtenAt = clock.now();
    waiting.push(...collected.map((one) => ({ ...one, writtenAt })));
    const surplus = waiting.length - MOST_WAITING;
    if (surplus > 0) {
      waiting = waiting.slice(surplus);
      lost += surplus;
    }
    writing = writing.then(store);
    return writing;
  }

  async function store(): Promise<void> {
    const batch = waiting;
    if (batch.length === 0) return;
    try {
      await rows.append(await Promise.all(batch.map(partOf)));
      const stored = new Set(batch);
      waiting = waiting.filter((one) => !stored.has(one));
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ parts: batch.length, problem: String(error) }, 'SIP messages of calls could not be stored; tried again');
      failing = true;
    }
  }

  function again(): void {
    if (closed) return;
    timer = clock.setTimer(WRITE_MS, () => void write(false).finally(again));
  }

  return {
    days,
    start: () => {
      if (collector) again();
    },
    async of(callId) {
      // What is stored meanwhile is in both, so the memory is read first.
      const unstored = [...waiting.filter((one) => one.callId === callId), ...(collector ? [collector.uncollected(callId)] : [])];
      const parts = await Promise.all((await rows.of(callId)).map(traceOf));
      const byOrder = new Map([...parts, ...unstored].flatMap((one) => one.messages.map((message) => [message.n, message] as const)));
      const messages = [...byOrder.values()].toSorted((a, b) => a.at - b.at || a.n - b.n);
      // Told once, with the last part of a call; read twice when that is stored this moment.
      return { messages, dropped: Math.max(0, ...[...parts, ...unstored].map((one) => one.dropped)) };
    },
    async applyRetention() {
      const deleted = await rows.deleteBefore(clock.now() - days * DAY_MS);
      if (deleted > 0) logger.info({ parts: deleted, days }, 'SIP messages of calls deleted: older than SIP_TRACE_DAYS');
    },
    metrics() {
      const held = collector?.metrics() ?? {};
      const { sip_trace_uncollected_messages: uncollected = 0, ...others } = held;
      const unstored = uncollected + waiting.reduce((sum, one) => sum + one.messages.length, 0);
      return { ...others, sip_trace_unstored_messages: unstored, sip_trace_lost_parts_total: lost };
    },
    async close() {
      closed = true;
      timer?.cancel();
      await write(true);
    },
  };
}

type Waiting = CollectedMessages & { writtenAt: number };

async function partOf({ callId, messages, dropped, writtenAt }: Waiting): Promise<SipTracePart> {
  // Level 1: half the work of the default for a tenth more bytes.
  return { callId, writtenAt, dropped, data: await deflate(packed(messages), { level: 1 }) };
}

/** A line of JSON with everything but the texts, then the texts as they are: escaping them would be most of the work. */
function packed(messages: readonly SipTraceMessage[]): Buffer {
  const facts = messages.map(({ text, ...others }) => ({ ...others, length: text.length }));
  const texts = messages.map((message) => message.text).join('');
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`, 'utf8'), Buffer.from(texts, 'latin1')]);
}

async function traceOf({ data, dropped }: SipTracePart): Promise<SipTrace> {
  const bytes = await inflate(data);
  const end = bytes.indexOf(10);
  const facts = JSON.parse(bytes.toString('utf8', 0, end)) as (Omit<SipTraceMessage, 'text'> & { length: number })[];
  let at = end + 1;
  const messages = facts.map(({ length, ...others }) => {
    const text = bytes.toString('latin1', at, at + length);
    at += length;
    return { ...others, text };
  });
  return { messages, dropped };
}
