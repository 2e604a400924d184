import type { Paced } from '../core/pacer.js';
import { RTP_HEADER_LENGTH, writeRtpHeader } from '../core/rtp.js';
import { TelephoneEventSender, writeEvent } from '../core/telephone-event.js';
import type { MediaEnvironment } from './environment.js';
import type { MediaLeg } from './leg.js';

/** Keys towards one party as RFC 4733 events; its audio waits meanwhile. */
export class DigitFeed implements Paced {
  readonly intervalMs = 20;
  readonly #leg: MediaLeg;
  readonly #env: MediaEnvironment;
  readonly #sender: TelephoneEventSender;
  readonly #done: (error: string | undefined) => void;
  #timestamp = 0;
  #over = false;

  constructor(leg: MediaLeg, env: MediaEnvironment, digits: string, done: (error: string | undefined) => void) {
    this.#leg = leg;
    this.#env = env;
    this.#sender = new TelephoneEventSender(digits);
    this.#done = done;
  }

  start(): void {
    this.#leg.ownFeeds++;
    this.#leg.sendingDigits = true;
    this.#env.pacing.start(this);
  }

  end(error: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#leg.ownFeeds--;
    this.#leg.sendingDigits = false;
    this.#env.pacing.stop(this);
    this.#done(error);
  }

  tick(now: number): boolean {
    const leg = this.#leg;
    const payloadType = leg.parameters?.telephoneEventSend;
    if (payloadType === undefined || !leg.sends) {
      this.end('the party takes no telephone-event any more');
      return false;
    }
    const packet = this.#sender.next();
    if (packet) {
      const { out } = leg;
      if (packet.first) this.#timestamp = out.startTimestamp(now);
      out.event(this.#timestamp, packet.first, now);
      const b = new Uint8Array(RTP_HEADER_LENGTH + 4);
      writeRtpHeader(b, 0, out.marker, payloadType, out.sequence, out.timestamp, out.ssrc);
      writeEvent(b, RTP_HEADER_LENGTH, packet);
      leg.send(b, 4);
    }
    if (!this.#sender.done) return true;
    this.end(undefined);
    return false;
  }
}
