import assert from 'node:assert/strict';
import { type CallLeg, type LegEvent, type Registration, SimulatedClock, type SwitchHandlers, silentLogger } from '@yixian/contracts';
import { createSoftswitch, type Softswitch, type SoftswitchOptions } from '../src/index.js';
import { FakeMedia, FakeSession, FakeSip } from './fake-ports.js';

export const SDP = (lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');
export const AUDIO = SDP(['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000']);
export const NO_EVENTS = SDP(['m=audio 4000 RTP/AVP 8']);
export const HELD = SDP(['m=audio 4000 RTP/AVP 8', 'a=sendonly']);
export const G722 = SDP(['m=audio 4000 RTP/AVP 9']);

export const LOOPBACK = [{ address: '127.0.0.1', family: 4 as const, internal: true }];

export function contact(port: number): Registration {
  return {
    extension: '1001',
    contact: `sip:1001@127.0.0.1:${port}`,
    source: { address: '127.0.0.1', port, transport: 'udp' },
    userAgent: 'test',
    expiresAt: 1e12,
    sipCallId: `r${port}`,
    cseq: 1,
  };
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

export const names = (events: LegEvent[]): string[] => events.map((e) => e.type);

/** A softswitch whose wires are fakes. */
export class SwitchBench {
  sip!: FakeSip;
  media!: FakeMedia;
  clock!: SimulatedClock;
  sw!: Softswitch;
  arrived: CallLeg[] = [];

  async make(more: Partial<SoftswitchOptions> = {}, handlers: Partial<SwitchHandlers> = {}): Promise<void> {
    this.sip = new FakeSip();
    this.media = new FakeMedia();
    this.clock = new SimulatedClock();
    this.arrived = [];
    let n = 0;
    this.sw = createSoftswitch({
      hosts: ['127.0.0.1'],
      sipPort: 0,
      rtpPorts: { min: 20_000, max: 20_100 },
      policy: { admit: () => ({ action: 'drop', reason: 'test' }), sipPassword: () => undefined, authenticationResult() {} },
      clock: this.clock,
      ids: { next: (prefix) => `${prefix}-${++n}` },
      logger: silentLogger,
      sip: () => this.sip,
      media: this.media,
      interfaces: () => LOOPBACK,
      ...more,
    });
    await this.sw.start({
      inbound: (leg) => this.arrived.push(leg),
      registrationChanged() {},
      message: async () => ({ status: 202 }),
      ...handlers,
    });
  }
  invite(sdp: string | undefined = AUDIO, asserted?: string): { session: FakeSession; leg: CallLeg } {
    const session = new FakeSession('inbound', 'in-1', sdp);
    session.assertedUser = asserted;
    this.sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
    const leg = this.arrived.at(-1);
    assert.ok(leg);
    return { session, leg };
  }
  late(): { session: FakeSession; leg: CallLeg } {
    const session = new FakeSession('inbound', 'late', undefined);
    this.sip.handlers?.onInvite(session, { kind: 'trunk', trunkId: 'demo' });
    const leg = this.arrived.at(-1);
    assert.ok(leg);
    return { session, leg };
  }
  watch(leg: CallLeg): LegEvent[] {
    const events: LegEvent[] = [];
    leg.subscribe((e) => events.push(e));
    return events;
  }
  dial(timeoutMs = 20_000): { leg: CallLeg; events: LegEvent[] } {
    const leg = this.sw.dial({
      target: { kind: 'extension', extension: '1001' },
      from: { number: '138', displayName: 'Li "4"' },
      timeoutMs,
      callId: 'call-x',
    });
    return { leg, events: this.watch(leg) };
  }
}
