import type { Clock, Logger } from '@yixian/contracts';
import type { MediaEngine } from './port.js';
import { MediaFront } from './shell/front.js';
import type { Priority } from './shell/priority.js';
import { systemClock } from './shell/system-clock.js';

export type * from './port.js';

/** How the media engine is set up. */
export interface MediaEngineOptions {
  /** UDP ports for RTP (even) and RTCP (the odd one above), inclusive. */
  rtpPorts: { min: number; max: number };
  /** Silence of so long, on hold too, is reported as a media timeout, again and again. Default 60,000. */
  mediaTimeoutMs?: number;
  /** What the media thread asks the system for; less when it has no right to it. Default `realtime`. */
  priority?: Priority;
  /** RTP by the system's own socket calls where they can be reached; false: always through Node's. Default true. */
  nativeSockets?: boolean;
  /** Time of the signalling side (digit timers, deadlines of requests to the media thread). Default: the system's. */
  clock?: Clock;
  logger: Logger;
}

const MEDIA_TIMEOUT_MS = 60_000;

/** Makes the RTP engine; `start()` brings up its thread. Throws a RangeError when `rtpPorts` or `mediaTimeoutMs` makes no sense. */
export function createMediaEngine({
  rtpPorts,
  mediaTimeoutMs = MEDIA_TIMEOUT_MS,
  priority = 'realtime',
  nativeSockets = true,
  clock,
  logger,
}: MediaEngineOptions): MediaEngine {
  const { min, max } = rtpPorts;
  const first = min + (min % 2);
  if (![min, max].every((port) => Number.isInteger(port) && port >= 1 && port <= 65535) || first + 1 > max) {
    throw new RangeError(`rtpPorts: ${min}-${max} holds no even port with the odd one above it`);
  }
  if (!(mediaTimeoutMs > 0)) throw new RangeError(`mediaTimeoutMs: ${mediaTimeoutMs} is not a time`);
  return new MediaFront({
    settings: { rtpPorts: { min, max }, mediaTimeoutMs, priority, nativeSockets },
    clock: clock ?? systemClock,
    logger,
  });
}
