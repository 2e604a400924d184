import type { Clock, Cluster, Directory, EventBus, Logger, Prompts, Switch, TrunkUsageRows } from '@yixian/contracts';
import { createLiveCalls, type LiveCalls } from './live-calls.js';
import { DEFAULT_OPTIONS, type SbcOptions } from './options.js';
import { createRoutes, type Routes } from './routes.js';
import { createSeatDialer, type Seats } from './seat-dialer.js';
import { createTrunkDialer, type DialTrunk } from './trunk-dialer.js';
import { createTrunkMeter, type TrunkMeter } from './trunk-meter.js';

/** What leads out of the house: trunks with their limits, routes, agents' seats. Needs no queues; these need it. */
export interface Outside {
  live: LiveCalls;
  routes: Routes;
  meter: TrunkMeter;
  dialTrunk: DialTrunk;
  seats: Seats;
  /** Stops listening to the directory. */
  close(): void;
}

export interface OutsideDeps {
  switch: Pick<Switch, 'dial' | 'registrations' | 'traceAs' | 'showBusy' | 'bridge'>;
  directory: Directory;
  events: EventBus;
  clock: Clock;
  logger: Logger;
  prompts?: Prompts;
  /** Where the minutes of trunks are kept; without it they are forgotten at a restart. */
  trunkUsage?: TrunkUsageRows;
  /** Day of the hotline, for the minutes of trunks. Default Asia/Shanghai. */
  timeZone?: string;
  /** The other processes of the hotline: limits of trunks count over all of them. */
  cluster?: Cluster;
  /** The switch starts later than the queues: nailed-up lines wait for `seats.start()`. */
  startsLater?: boolean;
  options?: Partial<SbcOptions>;
}

export function createOutside(deps: OutsideDeps): Outside {
  const options = { ...DEFAULT_OPTIONS, ...deps.options };
  const { clock, logger, directory, events, prompts, trunkUsage, cluster } = deps;
  const live = createLiveCalls(clock, cluster);
  const routes = createRoutes(deps);
  const timeZone = deps.timeZone ?? 'Asia/Shanghai';
  const meter = createTrunkMeter({ clock, logger, timeZone, ...(trunkUsage ? { rows: trunkUsage } : {}), ...(cluster ? { cluster } : {}) });
  const dialTrunk = createTrunkDialer({ ...deps, live, meter });
  const seats = createSeatDialer({
    switch: deps.switch,
    directory,
    routes,
    clock,
    logger,
    events,
    dialTrunk,
    ...(cluster ? { cluster } : {}),
    ...(prompts ? { prompts } : {}),
    ...(deps.startsLater ? { startsLater: true } : {}),
    trunkProgressMs: options.trunkProgressMs,
    lineRingMs: options.seatRingTimeoutMs,
    confirmTimes: { roundMs: options.confirmRoundMs, rounds: options.confirmRounds },
  });
  return {
    live,
    routes,
    meter,
    dialTrunk,
    seats,
    close() {
      routes.close();
      seats.close();
    },
  };
}
