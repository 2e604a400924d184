import { requirePeers } from '../../src/peers/index.js';
import { Bench, type MakeSwitch } from './bench.js';
import { describeCodecs } from './codecs.js';
import { describeConference } from './conference.js';
import { describeDigits } from './digits.js';
import { describeInbound } from './inbound.js';
import { describeMedia } from './media.js';
import { describeMute } from './mute.js';
import { describeOutbound } from './outbound.js';
import { describeRecording } from './recording.js';
import { describeReinvite } from './reinvite.js';
import { describeLifecycle, describeRobustness } from './robustness.js';
import { describeTexts } from './texts.js';
import { describeTransfer } from './transfer.js';

export type { MakeSwitch, SwitchSetup, SwitchUnderTest } from './bench.js';

/** What an implementation cannot do; its tests are left out, and `docs/freeswitch-conformance.md` says so. */
export type Lack =
  | 'g729'
  /** An INVITE is answered 100 before the edge is asked: what is to be dropped is refused without a hint. */
  | 'silence'
  /** Its mixer has no frame in hand when a party begins to speak: the first time it wakes before the party's packet is read there is none, once. */
  | 'steady';

/** Parts of the suite that need nothing of each other: files that run side by side share them out. */
export type Part = 'signalling' | 'media' | 'parties' | 'robustness';
const PARTS: readonly Part[] = ['signalling', 'media', 'parties', 'robustness'];

export interface SuiteOptions {
  lacks?: readonly Lack[];
  /** All of them by default. */
  parts?: readonly Part[];
}

/**
 * What every implementation of the `Switch` port has to do, proved by peers that know nothing of it (sipp, baresip).
 * After each test the switch has to be idle again: no legs, no RTP ports.
 */
export function describeSwitch(name: string, make: MakeSwitch, { lacks = [], parts = PARTS }: SuiteOptions = {}): void {
  describe(`Switch: ${name}${parts === PARTS ? '' : `, ${parts.join(', ')}`}`, function () {
    this.timeout(60_000);
    before(async function () {
      await requirePeers(this, 'sipp', 'baresip');
    });
    describeRunning(new Bench(make), lacks, parts);
    // After the other one has closed: servers outside of this process serve one switch at a time.
    if (parts.includes('robustness')) describeLifecycle(make);
  });
}

/** What the way of SIP messages decides: for a switch that differs from another, tested as a whole, in nothing else. */
export function describeSignalling(name: string, make: MakeSwitch, further: (bench: Bench) => void): void {
  describe(`Switch: ${name}`, function () {
    this.timeout(60_000);
    const bench = new Bench(make);
    before(async function () {
      await requirePeers(this, 'sipp', 'baresip');
      await bench.open();
    });
    afterEach(() => bench.clear());
    after(() => bench.close());
    describeInbound(bench);
    describeOutbound(bench);
    describeReinvite(bench);
    describeTransfer(bench);
    describeTexts(bench);
    further(bench);
  });
}

function describeRunning(bench: Bench, lacks: readonly Lack[], parts: readonly Part[]): void {
  describe('running', () => {
    before(() => bench.open());
    afterEach(() => bench.clear());
    after(() => bench.close());
    if (parts.includes('signalling')) {
      describeInbound(bench);
      describeOutbound(bench);
      describeReinvite(bench);
      describeTransfer(bench);
      describeTexts(bench);
    }
    if (parts.includes('media')) {
      if (!lacks.includes('g729')) describeCodecs(bench);
      describeDigits(bench);
      describeMedia(bench);
      describeRecording(bench);
    }
    if (parts.includes('parties')) {
      describeConference(bench, !lacks.includes('steady'));
      describeMute(bench);
    }
    if (parts.includes('robustness')) describeRobustness(bench, !lacks.includes('silence'));
  });
}
