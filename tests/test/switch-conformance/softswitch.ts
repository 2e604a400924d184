import { randomIds, silentLogger, systemClock } from '@yixian/contracts';
import { createSoftswitch } from '@yixian/softswitch';
import { freePorts, releasePorts } from '../../src/peers/index.js';
import type { MakeSwitch } from './bench.js';

/** Eighty legs. */
const RTP_PORTS = 160;

/** The switch of this project alone, as `npm start` has it. */
export const softswitch: MakeSwitch = async (setup) => {
  const first = await freePorts(RTP_PORTS);
  const sw = createSoftswitch({
    hosts: ['127.0.0.1', '::1'],
    sipPort: 0,
    rtpPorts: { min: first, max: first + RTP_PORTS - 1 },
    clock: systemClock(),
    ids: randomIds(),
    logger: silentLogger,
    ...setup,
  });
  const point = (transport: 'udp' | 'tcp', address: string): { address: string; port: number } => {
    const found = sw.listening().find((p) => p.transport === transport && p.address === address);
    if (!found) throw new Error(`the softswitch does not listen on ${transport} ${address}`);
    return found;
  };
  return {
    switch: sw,
    dispose: async () => releasePorts(first, RTP_PORTS),
    addresses: () => ({ udp: point('udp', '127.0.0.1'), tcp: point('tcp', '127.0.0.1'), udp6: point('udp', '::1') }),
  };
};
