import type {
  CallRegistry,
  Clock,
  Cluster,
  Directory,
  EventBus,
  FarLegs,
  FlowRunner,
  IdSource,
  Logger,
  OutboundCalls,
  PartyDialer,
  Prompts,
  Recorder,
  SeatDialer,
  Switch,
} from '@yixian/contracts';
import type { ConversationOptions } from './conversation-deps.js';
import type { AcdStore } from './store.js';

/** What the queues are given by the composer. */
export interface AcdDeps {
  switch: Pick<Switch, 'bridge' | 'conference' | 'traceAs'>;
  seats: SeatDialer;
  /** Whoever is put through to, consulted or asked to join. */
  parties: PartyDialer;
  /** Where callers are sent on to. */
  flows: FlowRunner;
  /** Numbers that are called back. */
  outbound: OutboundCalls;
  recorder: Recorder;
  prompts: Prompts;
  calls: Pick<CallRegistry, 'control'>;
  directory: Directory;
  events: EventBus;
  clock: Clock;
  ids: IdSource;
  /** Of the hotline: decides schedules and days. */
  timeZone: string;
  store: AcdStore;
  /** The processes of the hotline: one of them decides, each does what is decided about its calls. */
  cluster: Cluster;
  /** Legs to other processes; undefined for one that is alone. */
  farLegs?: FarLegs;
  logger: Logger;
  /** Of conversations; default `CONVERSATION_OPTIONS`. */
  conversationOptions?: Partial<ConversationOptions>;
}
