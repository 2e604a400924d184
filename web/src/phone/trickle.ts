import { ICE_FRAGMENT_TYPE, type IceMedia, readIceFragment, TRICKLE_ICE, writeIceFragment } from '@yixian/contracts/browser';
import type { RTCSession } from 'jssip/lib/RTCSession';

// Trickle ICE (RFC 8838, 8840): the SDP goes out with the first candidate, the others follow by INFO. JsSIP waits for all of them unless
// it is told not to, and carries INFO; the rest is here.

/** What every INVITE of the page, and every answer to one, says of itself. */
export const TRICKLE_HEADERS = [`Supported: ${TRICKLE_ICE}`, `Recv-Info: ${TRICKLE_ICE}`];
/** Beside the contact of a registration (RFC 8840 §11.3): the hotline offers at once, too. */
export const TRICKLE_CONTACT = { [`+sip.${TRICKLE_ICE}`]: '' };

interface SipMessage {
  getHeader(name: string): string | undefined;
}

interface Told {
  response?: SipMessage | null;
}

/** Candidates come in bursts: one INFO tells of several. */
const GATHER_MS = 20;

/** Of JsSIP, missing in its types: a request in the early dialog, too, whose failure ends nothing. */
interface InDialog {
  sendRequest(method: string, options: { extraHeaders: string[]; body: string }): unknown;
}

/** Whether the message says that its sender takes candidates by INFO (RFC 6086). */
export function takesTrickle(message: SipMessage): boolean {
  const packages = message.getHeader('Recv-Info') ?? '';
  return packages.split(',').some((name) => name.trim().toLowerCase() === TRICKLE_ICE);
}

/**
 * Sends and takes candidates of a session beside its SDP.
 * @param at once: the other end is known to take them, so that nothing waits for the gathering
 */
export function trickle(session: RTCSession, atOnce: boolean): void {
  const known: string[] = [];
  let told = 0;
  let ended = false;
  let endTold = false;
  /** The dialog stands, and its other end takes INFO of this package. */
  let open = false;
  const waiting: IceMedia[] = [];
  let due = false;

  function tellSoon(): void {
    if (due) return;
    due = true;
    setTimeout(tell, GATHER_MS);
  }

  function tell(): void {
    due = false;
    const connection = session.connection;
    const own = connection?.localDescription ? credentials(connection.localDescription.sdp) : undefined;
    if (!open || !own || session.isEnded() || (told === known.length && endTold === ended)) return;
    told = known.length;
    endTold = ended;
    const body = writeIceFragment([{ ...own, candidates: known, ended }]);
    const extraHeaders = [`Info-Package: ${TRICKLE_ICE}`, 'Content-Disposition: Info-Package', `Content-Type: ${ICE_FRAGMENT_TYPE}`];
    // Refused or unanswered it ends nothing: the call may well do with what was told before.
    (session as RTCSession & InDialog).sendRequest('INFO', { extraHeaders, body });
  }

  function stands(takes: boolean): void {
    open ||= takes;
    tellSoon();
  }

  function take(): void {
    const connection = session.connection;
    if (!connection?.remoteDescription) return;
    const remote = credentials(connection.remoteDescription.sdp);
    for (const { mid, ufrag, pwd, candidates } of waiting.splice(0)) {
      if (ufrag !== remote?.ufrag || pwd !== remote.pwd) continue;
      for (const candidate of candidates) {
        void connection
          .addIceCandidate({ candidate: `candidate:${candidate}`, sdpMid: mid, usernameFragment: ufrag })
          .catch(() => undefined);
      }
    }
  }

  function watch(connection: RTCPeerConnection): void {
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) known.push(candidate.candidate.replace(/^candidate:/, ''));
      else ended = true;
      tellSoon();
    });
    connection.addEventListener('signalingstatechange', take);
  }

  if (session.connection) watch(session.connection);
  session.on('peerconnection', ({ peerconnection }: { peerconnection: RTCPeerConnection }) => watch(peerconnection));
  if (atOnce) session.on('icecandidate', ({ ready }: { ready: () => void }) => ready());
  session.on('newInfo', ({ originator, request }: { originator: string; request: SipMessage & { body?: string } }) => {
    if (originator !== 'remote' || request.getHeader('Info-Package')?.toLowerCase() !== TRICKLE_ICE) return;
    try {
      waiting.push(...readIceFragment(request.body ?? ''));
    } catch {
      // what cannot be read tells nothing
    }
    take();
  });
  session.on('progress', ({ response }: Told) => response && stands(takesTrickle(response)));
  // Without a response it is ours that was accepted: what the INVITE said counts.
  session.on('accepted', ({ response }: Told) => stands(response ? takesTrickle(response) : atOnce));
}

/** Whose candidates they are, and of which m-line: one connection, one m-line. */
function credentials(sdp: string): Pick<IceMedia, 'ufrag' | 'pwd' | 'mid'> | undefined {
  const value = (name: string): string | undefined => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
  const [ufrag, pwd, mid] = [value('ice-ufrag'), value('ice-pwd'), value('mid')];
  return ufrag !== undefined && pwd !== undefined && mid !== undefined ? { ufrag, pwd, mid } : undefined;
}
