import type { Clock, Logger } from '@yixian/contracts';
import type { MediaEngine } from './port.js';

export type * from './port.js';

/** How the media engine is set up. */
export interface MediaEngineOptions {
  /** UDP ports for RTP (even) and RTCP (the odd one above), inclusive. */
  rtpPorts: { min: number; max: number };
  /** No RTP for so long, while some was owed, is reported as a media timeout. Default 60,000. */
  mediaTimeoutMs?: number;
  /** Time of the signalling side (digit timers, deadlines of requests to the media thread). Default: the system's. */
  clock?: Clock;
  logger: Logger;
}

/** Makes the RTP engine; `start()` brings up its thread. */
export function createMediaEngine(options: MediaEngineOptions): MediaEngine {
  options.logger.debug({ rtpPorts: options.rtpPorts }, 'media engine made');
  throw new Error('the media engine of this build has no thread yet');
}
