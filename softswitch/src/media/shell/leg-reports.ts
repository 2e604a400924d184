import type { LegStats } from '@yixian/contracts';
import type { OutgoingStream } from '../core/outgoing-stream.js';
import type { ReceiveStream } from '../core/receive-stream.js';
import { buildRtcp, type IncomingReport, middleNtp, parseRtcp, roundTripMs, toNtp } from '../core/rtcp.js';
import type { SourceLock } from '../core/source-lock.js';
import type { MediaParameters } from '../port.js';
import { countDiscarded, type MediaEnvironment } from './environment.js';
import type { Source, UdpPort } from './udp.js';

/** RFC 3550 §6.2: 5 s, randomised by half to one and a half (§6.3.1). */
const INTERVAL_MS = 5000;

type Remote = Pick<LegStats, 'remotePacketsLost' | 'remoteJitterMs' | 'roundTripMs'>;

/** What of a leg its reports are about. */
interface ReportedLeg {
  readonly out: OutgoingStream;
  readonly input: ReceiveStream;
  readonly lock: SourceLock;
  readonly parameters: MediaParameters | undefined;
}

/** One leg's RTCP. */
export class LegReports {
  /** What the party says of our stream. */
  readonly remote: Remote = {};
  readonly #leg: ReportedLeg;
  readonly #env: MediaEnvironment;
  #rtcp: UdpPort | undefined;
  #nextAt = 0;
  #packetsAtLastReport = 0;
  #sent = false;
  #lastSr = 0;
  #lastSrAt = 0;

  constructor(leg: ReportedLeg, env: MediaEnvironment) {
    this.#leg = leg;
    this.#env = env;
    this.#schedule(env.now());
  }

  attach(rtcp: UdpPort): void {
    this.#rtcp = rtcp;
  }

  readonly onPacket = (packet: Uint8Array, length: number, from: Source): void => {
    const b = packet.subarray(0, length);
    const known = from.address === this.#leg.lock.address || from.address === this.#leg.parameters?.remote?.address;
    const report = known ? parseRtcp(b) : undefined;
    if (report) this.#take(report);
    else countDiscarded(this.#env.counters, known ? 'rtcp-malformed' : 'rtcp-stranger');
  };

  readonly onSocketError = (): void => countDiscarded(this.#env.counters, 'rtcp-refused');

  housekeep(now: number): void {
    if (now < this.#nextAt) return;
    this.#schedule(now);
    if (this.#leg.out.packets > 0 || this.#leg.input.started) this.#send(false);
  }

  close(): void {
    if (this.#sent) this.#send(true);
    this.#rtcp?.close();
    this.#rtcp = undefined;
  }

  #schedule(now: number): void {
    this.#nextAt = now + INTERVAL_MS * (0.5 + this.#env.random32() / 0x1_0000_0000);
  }

  #take(report: IncomingReport): void {
    if (report.sender) {
      this.#lastSr = middleNtp(report.sender.ntpSeconds, report.sender.ntpFraction);
      this.#lastSrAt = this.#env.now();
    }
    const block = report.blocks.find((b) => b.ssrc === this.#leg.out.ssrc);
    if (!block) return;
    const ntp = toNtp(this.#env.wallClock());
    this.remote.remotePacketsLost = Math.max(0, block.cumulativeLost);
    this.remote.remoteJitterMs = block.jitter / 8;
    const trip = roundTripMs(block, middleNtp(ntp.seconds, ntp.fraction));
    if (trip !== undefined) this.remote.roundTripMs = trip;
  }

  #send(bye: boolean): void {
    const { out, input, lock, parameters } = this.#leg;
    const remote = parameters?.remote;
    if (!this.#rtcp || !remote || remote.rtcpPort === 0) return;
    const now = this.#env.now();
    const ntp = toNtp(this.#env.wallClock());
    const active = out.packets > this.#packetsAtLastReport;
    this.#packetsAtLastReport = out.packets;
    const b = buildRtcp({
      ssrc: out.ssrc,
      cname: `${out.ssrc.toString(16)}@yixian`,
      bye,
      sender: active
        ? {
            ntpSeconds: ntp.seconds,
            ntpFraction: ntp.fraction,
            rtpTimestamp: (out.lastTimestamp + Math.round((now - out.lastAt) * 8)) >>> 0,
            packets: out.packets,
            octets: out.octets >>> 0,
          }
        : undefined,
      block: input.started
        ? {
            ssrc: input.ssrc,
            ...input.report(),
            lastSr: this.#lastSr,
            delaySinceLastSr: this.#lastSr === 0 ? 0 : Math.round((now - this.#lastSrAt) * 65.536) >>> 0,
          }
        : undefined,
    });
    this.#sent = true;
    // Behind NAT the signalled port leads nowhere; the one above the RTP source is the best guess (RFC 3605 is not offered).
    const moved = lock.port !== 0 && (lock.address !== remote.address || lock.port !== remote.rtpPort);
    if (moved) this.#rtcp.send(b, 0, b.length, lock.address, Math.min(65535, lock.port + 1));
    else this.#rtcp.send(b, 0, b.length, remote.address, remote.rtcpPort);
  }
}
