import type { Dialog } from '../dialog/dialog.js';
import type { AgreedTimer } from '../dialog/session-timer.js';
import type { HeaderField, SipMessage, SipResponse } from '../parser/message.js';
import type { IncomingRefer, InfoPackage, InviteSession, SessionEnd } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import type { ClientCallbacks, UaContext } from './context.js';

/** The session that owns a dialog usage. */
export interface UsageOwner {
  /** An offer, or undefined when the peer asks us for one. */
  offer(offer: string | undefined): { sdp: string } | { refuse: number; phrase: string };
  answer(sdp: string): void;
  infoReceived(contentType: string, body: string): void;
  readonly infoPackages?: readonly InfoPackage[] | undefined;
  /** REFER (RFC 3515), to be settled by the one who takes it; undefined when nobody does. */
  referred?(refer: IncomingRefer): true | undefined;
  /** The session this dialog belongs to. */
  readonly session: InviteSession;
  /** PRACK of a reliable provisional response of ours; false is owed 481. */
  prack(incoming: NewRequest): boolean;
  /** The peer or a failure ended the dialog; the usage has sent what is owed. */
  over(end: SessionEnd): void;
  /** The refusal owed to an offer while the first one is not answered (RFC 3311 §5.2): 491 when it was ours, 500 when theirs. */
  firstOfferOpen?(): 491 | 500 | undefined;
  /** BYE while the INVITE is not answered (§15.1.2). */
  byeBeforeAnswer?(): void;
}

/** What the helpers of a dialog usage need of it. */
export interface UsagePort {
  readonly ctx: UaContext;
  readonly owner: UsageOwner;
  readonly caller: boolean;
  readonly contactUser: string;
  readonly dialog: Dialog;
  readonly open: boolean;
  readonly timer: { readonly agreed: AgreedTimer | undefined };
  armTimer(agreed: AgreedTimer | undefined): void;
  allows(method: string): boolean;
  refresh(message: SipMessage): void;
  request(method: string, extra: readonly HeaderField[], body: Buffer | undefined, callbacks: ClientCallbacks): void;
  ack(inviteNumber: number, sdp: string | undefined): () => void;
  respond(incoming: NewRequest, status: number, phrase: string, headers?: readonly HeaderField[], body?: Buffer): void;
  fail(end: SessionEnd, reasonHeader?: string): void;
  checkAlive(response: SipResponse): void;
}
