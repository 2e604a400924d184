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

/**
 * What every implementation of the `Switch` port has to do, proved by peers that know nothing of it (sipp, baresip).
 * After each test the switch has to be idle again: no legs, no RTP ports.
 */
export function describeSwitch(name: string, make: MakeSwitch): void {
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
    describeCodecs(bench);
    describeDigits(bench);
    describeMedia(bench);
    describeRecording(bench);
    describeConference(bench);
    describeMute(bench);
    describeRobustness(bench);
    describeLifecycle(make);
  });
}
