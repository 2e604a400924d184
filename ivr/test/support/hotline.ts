import type {
  CalendarDay,
  Call,
  CallerListEntry,
  DomainEvent,
  EventDraft,
  FlowResult,
  Logger,
  QueueResult,
  Schedule,
} from '@yixian/contracts';
import { SimulatedClock } from '@yixian/contracts';
import {
  createFlowRunner,
  createPrompts,
  type FlowDocument,
  type FlowRunnerDeps,
  shippedPromptsDirectory,
  type TransferResult,
} from '../../src/index.js';
import { MONDAY_10_00 } from './dialogue.js';
import { FakeLeg, settle } from './fake-leg.js';

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export function deferred<T>(): Deferred<T> {
  let settleWith: Pick<Deferred<T>, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => {
    settleWith = { resolve, reject };
  });
  return { promise, ...settleWith };
}

/** Keeps what is logged as `level message`. */
export function recordingLogger(lines: string[]): Logger {
  const at = (level: string) => (_facts: object, message: string) => void lines.push(`${level} ${message}`);
  return { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}

/** One call on the real runner, with a fake leg and fake neighbours whose answers the test gives. */
export class Hotline {
  readonly clock = new SimulatedClock(MONDAY_10_00);
  readonly leg = new FakeLeg(this.clock);
  readonly events: EventDraft[] = [];
  readonly lines: string[] = [];
  readonly asked: string[] = [];
  readonly queue = deferred<QueueResult>();
  readonly transfer = deferred<TransferResult>();
  readonly message = deferred<{ voicemailId: string; durationMs: number } | undefined>();
  readonly flows = new Map<string, { version: number; document: unknown }>();
  readonly schedules = new Map<string, Schedule>();
  readonly calendar = new Map<string, CalendarDay>();
  readonly lists = new Map<string, CallerListEntry[]>();
  readonly call: Call;
  result: FlowResult | undefined;
  deps: FlowRunnerDeps;

  constructor(document: FlowDocument, change: Partial<FlowRunnerDeps> = {}) {
    const logger = recordingLogger(this.lines);
    this.flows.set(document.id, { version: 3, document });
    this.call = { id: 'call-1', direction: 'inbound', caller: '13800000000', called: '12320', startedAt: MONDAY_10_00, leg: this.leg };
    this.deps = {
      directory: {
        flow: (id) => this.flows.get(id),
        schedule: (id) => this.schedules.get(id),
        calendarDay: (date) => this.calendar.get(date),
        callerList: (id) => this.lists.get(id) && { id, name: id, kind: 'other' },
        callerListEntry: (id, number) => this.lists.get(id)?.find((entry) => entry.number === number),
      },
      queues: {
        enqueue: ({ queueId, priority }) => {
          this.asked.push(`enqueue ${queueId} ${priority}`);
          return { result: this.queue.promise, leave: () => void this.asked.push('leave') };
        },
      },
      transferrer: {
        connect: (_call, target) => {
          this.asked.push(`transfer ${target.kind} ${target.value}`);
          return this.transfer.promise;
        },
      },
      recorder: {
        voicemail: ({ box, maxDurationMs, finishOn }) => {
          this.asked.push(`voicemail ${box} ${maxDurationMs} ${finishOn}`);
          return this.message.promise;
        },
      },
      prompts: createPrompts({ directories: [shippedPromptsDirectory], logger }),
      bus: {
        publish: (draft) => {
          this.events.push(draft);
          return { ...draft, id: 'e', seq: this.events.length, at: this.clock.now() } as DomainEvent;
        },
      },
      clock: this.clock,
      logger,
      timeZone: 'Asia/Shanghai',
      ...change,
    };
  }

  async start(flowId = [...this.flows.keys()][0] ?? ''): Promise<void> {
    void createFlowRunner(this.deps)
      .run(this.call, flowId)
      .then((result) => {
        this.result = result;
      });
    await settle();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  async press(keys: string): Promise<void> {
    for (const key of keys) this.leg.press(key);
    await settle();
  }

  async hangUp(): Promise<void> {
    this.leg.remoteHangUp();
    await settle();
  }

  get types(): string[] {
    return this.events.map((event) => event.type);
  }

  /** What of this call still runs: nothing may, once the flow is over. */
  get leftovers(): string[] {
    return [
      ...(this.clock.pendingTimers > 0 ? [`${this.clock.pendingTimers} timers`] : []),
      ...(this.leg.isPlaying ? ['a playback'] : []),
      ...(this.leg.isCollecting ? ['a collection'] : []),
      ...(this.leg.listeners > 0 ? ['a listener'] : []),
    ];
  }
}
