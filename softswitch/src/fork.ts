import type { LegMedia } from './leg-media.js';
import type { SessionNegotiator } from './negotiator.js';
import type { Negotiated } from './sdp/index.js';
import type { InviteSession, SessionEnd } from './sip/port.js';

/** One INVITE of a dialled leg. */
export class Fork {
  readonly media: LegMedia;
  readonly negotiator: SessionNegotiator;
  /** Undefined only while the INVITE is being made. */
  session: InviteSession | undefined;
  /** From its early answer, which a 2xx without SDP confirms. */
  negotiated: Negotiated | undefined;
  end: SessionEnd | undefined;
  /** Q.850 cause of an announcement before the refusal (RFC 6432). */
  announcedCause: number | undefined;
  /** It has answered something, if only 100. */
  heard = false;

  constructor(media: LegMedia, negotiator: SessionNegotiator) {
    this.media = media;
    this.negotiator = negotiator;
  }
}
