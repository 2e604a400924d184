import type {
  Acd,
  CallRegistry,
  Clock,
  Cluster,
  Directory,
  EventBus,
  FarLegs,
  FlowRunner,
  Logger,
  PartyDialer,
  Prompts,
  QueuePort,
  Recorder,
  SeatDialer,
  Switch,
} from '@yixian/contracts';
import type { Asked } from './asked.js';

/** What people who talk need of the world. */
export interface ConversationDeps {
  switch: Pick<Switch, 'bridge' | 'conference' | 'traceAs'>;
  seats: SeatDialer;
  parties: PartyDialer;
  flows: FlowRunner;
  queues: QueuePort;
  /** Queues and flows that are asked. */
  asked: Pick<Asked, 'queue' | 'flow' | 'bring' | 'asks'>;
  acd: Pick<Acd, 'agent' | 'occupy' | 'release'>;
  recorder: Recorder;
  prompts: Prompts;
  calls: Pick<CallRegistry, 'control'>;
  /** An extension has registered, here or at another process. */
  onRegistered(listener: (extension: string) => void): () => void;
  directory: Directory;
  events: EventBus;
  clock: Clock;
  cluster: Cluster;
  /** To other processes; undefined for one that is alone. */
  farLegs?: FarLegs;
  logger: Logger;
  options: ConversationOptions;
}

/** Times in milliseconds. */
export interface ConversationOptions {
  /** How long somebody is rung who is put through to, consulted or asked to join. */
  ringMs: number;
  /** How long a queue or a flow may be asked; their own limits come first. */
  askMs: number;
  /** How long whoever sent a caller on is rung when nobody came. */
  returnRingMs: number;
  /** How long a supervisor's own seat is rung. */
  superviseRingMs: number;
  /** How long a caller is parked before the one who did it is rung again. */
  parkMs: number;
  /** How long a browser whose connection was lost in a call is waited for. */
  comeBackMs: number;
  /** Prompt of the music on hold, where the queue names none. */
  music: string;
}

export const CONVERSATION_OPTIONS: ConversationOptions = {
  ringMs: 30_000,
  askMs: 600_000,
  returnRingMs: 20_000,
  superviseRingMs: 30_000,
  parkMs: 120_000,
  comeBackMs: 30_000,
  music: 'queue-music',
};
