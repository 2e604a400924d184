import type { PortPool } from '../core/port-pool.js';
import type { MediaLeg } from './leg.js';
import { type OpenUdp, openDgram, type UdpPort } from './udp.js';

/** The port belongs to another program; any other error says that the address is no good. */
const isTaken = (error: unknown): boolean => ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Binds an even port and the odd one above it and gives them to the leg; ports that others hold are passed over. */
export async function openPair(openRtp: OpenUdp, pool: PortPool, address: string, leg: MediaLeg): Promise<number> {
  for (let tries = pool.available; tries > 0; tries--) {
    const port = pool.take();
    if (port === undefined) break;
    try {
      await bindPair(openRtp, address, port, leg);
      return port;
    } catch (error) {
      pool.giveBack(port);
      if (!isTaken(error)) throw error;
    }
  }
  throw new Error(`no free RTP port among ${pool.total} pairs on ${address}`);
}

async function bindPair(openRtp: OpenUdp, address: string, port: number, leg: MediaLeg): Promise<void> {
  const rtp: UdpPort = await openRtp(address, port, leg.onPacket, leg.onSocketError);
  try {
    leg.attach(rtp, await openDgram(address, port + 1, leg.reports.onPacket, leg.reports.onSocketError));
  } catch (error) {
    rtp.close();
    throw error;
  }
}
