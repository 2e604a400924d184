import { type MediaEngine, randomIds, silentLogger, systemClock } from '@yixian/contracts';
import { createDrachtio, createFreeswitch } from '@yixian/sbc';
import { createSoftswitch } from '@yixian/softswitch';
import { freePorts, releasePorts } from '../../src/peers/index.js';
import type { MakeSwitch, SwitchSetup, SwitchUnderTest } from './bench.js';
import { describeSwitch } from './suite.js';

const { DRACHTIO_URL, FREESWITCH_URL } = process.env;
const RTP_PORTS = 160;
const LACKS = ['g729', 'silence'] as const;
const MIXER_LACKS = [...LACKS, 'steady'] as const;

function underTest(
  setup: SwitchSetup,
  parts: { wire: ReturnType<typeof createDrachtio>; media?: MediaEngine },
  rtpPorts: { min: number; max: number },
): SwitchUnderTest {
  const sw = createSoftswitch({
    hosts: ['127.0.0.1'],
    sipPort: 5060,
    rtpPorts,
    clock: systemClock(),
    ids: randomIds(),
    logger: silentLogger,
    codecs: ['PCMA', 'PCMU'],
    ...parts,
    ...setup,
  });
  const point = (transport: 'udp' | 'tcp'): { address: string; port: number } => {
    const found = sw.listening().find((p) => p.transport === transport);
    if (!found) throw new Error(`drachtio-server does not listen on ${transport}`);
    return found;
  };
  return { switch: sw, addresses: () => ({ udp: point('udp'), tcp: point('tcp') }) };
}

const both: MakeSwitch = async (setup) => {
  const { mediaTimeoutMs } = setup;
  const parts = createFreeswitch({
    drachtioUrl: DRACHTIO_URL ?? '',
    freeswitchUrl: FREESWITCH_URL ?? '',
    clock: systemClock(),
    logger: silentLogger,
    ...(mediaTimeoutMs === undefined ? {} : { mediaTimeoutMs }),
  });
  return underTest(setup, parts, { min: 30_000, max: 39_999 });
};

const drachtioAlone: MakeSwitch = async (setup) => {
  const first = await freePorts(RTP_PORTS);
  const wire = createDrachtio({ drachtioUrl: DRACHTIO_URL ?? '', logger: silentLogger });
  const made = underTest(setup, { wire }, { min: first, max: first + RTP_PORTS - 1 });
  return { ...made, dispose: async () => releasePorts(first, RTP_PORTS) };
};

// drachtio-server answers every INVITE with 100 at once. FreeSWITCH passes G.729 through but cannot make or read it, and its conferences cannot have it.
if (DRACHTIO_URL && FREESWITCH_URL) describeSwitch('drachtio + FreeSWITCH', both, { lacks: MIXER_LACKS });
// Which of the two a fault is in: the SIP side with our own media.
else if (DRACHTIO_URL) describeSwitch('drachtio + own media', drachtioAlone, { lacks: LACKS });
else {
  describe('Switch: drachtio + FreeSWITCH', () => {
    it('runs the same suite where both are at hand', function () {
      console.log('      skipped: DRACHTIO_URL and FREESWITCH_URL are not set');
      this.skip();
    });
  });
}
