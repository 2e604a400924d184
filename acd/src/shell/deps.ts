import type { CallRegistry, Clock, Directory, EventBus, IdSource, Logger, Prompts, Recorder, SeatDialer, Switch } from '@yixian/contracts';
import type { AcdStore } from './store.js';

/** What the queues are given by the composer. */
export interface AcdDeps {
  switch: Pick<Switch, 'bridge'>;
  seats: SeatDialer;
  recorder: Recorder;
  prompts: Prompts;
  calls: Pick<CallRegistry, 'control'>;
  directory: Directory;
  events: EventBus;
  clock: Clock;
  ids: IdSource;
  store: AcdStore;
  logger: Logger;
}
