import type {
  Acd,
  CallLedger,
  CallRegistry,
  Clock,
  Cluster,
  Conversations,
  Directory,
  EventBus,
  FlowRunner,
  IdSource,
  Logger,
  Mailbox,
  Prompts,
  Recorder,
  Switch,
} from '@yixian/contracts';
import type { SbcOptions } from './options.js';
import type { Outside } from './outside.js';

/** What the edge is given by the composer. */
export interface SbcDeps {
  switch: Switch;
  directory: Directory;
  flows: FlowRunner;
  ledger: CallLedger;
  calls: CallRegistry;
  acd: Pick<Acd, 'occupy' | 'release' | 'agent' | 'setState' | 'setSeat'>;
  recorder: Recorder;
  events: EventBus;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  /** Messages heard at the phone (`*97`); without it there are none. */
  mailbox?: Mailbox;
  /** For hold music (`queue-music`); without it a held party hears silence. */
  prompts?: Prompts;
  /** Trunks, routes and seats, where the queues share them; default: its own. */
  outside?: Outside;
  /** Whoever talks is the conversation's from then on; parked calls are retrieved there. */
  conversations: Pick<Conversations, 'begin' | 'retrieve' | 'bring'> & Partial<Pick<Conversations, 'parkedElsewhere'>>;
  /** The other processes of the hotline. */
  cluster?: Cluster;
  options?: Partial<SbcOptions>;
}
