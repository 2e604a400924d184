import { isIP } from 'node:net';
import {
  ICE_FRAGMENT_TYPE,
  IceFragmentError,
  type IceMedia,
  MAX_ICE_FRAGMENT,
  readIceFragment,
  TRICKLE_ICE,
  writeIceFragment,
} from '@yixian/contracts';
import type { InfoAnswer, InfoPackage, InviteSession } from '../sip/port.js';
import type { RemoteIce, WebTransport } from './sdp.js';

/** Candidates taken of one browser in all: checks of each cost packets. */
const MAX_TAKEN = 200;
const TAKEN: InfoAnswer = { status: 200, phrase: 'OK' };

/** The dialog as far as candidates go through it. */
export type TrickleDialog = Pick<InviteSession, 'takesInfo' | 'info'>;

/**
 * Candidates that follow the SDP, both ways, by INFO of package `trickle-ice` (RFC 8838, 8840). Each INFO of ours repeats what was told
 * before (RFC 8840 §4.3.3), one is under way at a time; what is not of this connection changes nothing.
 */
export class CandidateExchange {
  readonly infoPackage: InfoPackage = {
    name: TRICKLE_ICE,
    option: TRICKLE_ICE,
    contentType: ICE_FRAGMENT_TYPE,
    maxBody: MAX_ICE_FRAGMENT,
    receive: (body) => this.#receive(body),
  };
  readonly #add: (candidate: string, mid: string) => void;
  readonly #taken = new Set<string>();
  #remote: RemoteIce | undefined;
  #local: WebTransport | undefined;
  #dialog: TrickleDialog | undefined;
  /** How many candidates the far end has been told, in the SDP or since. */
  #told = 0;
  #endTold = false;
  #sending = false;

  /** @param add takes a candidate of the browser, the value of `a=candidate` */
  constructor(add: (candidate: string, mid: string) => void) {
    this.#add = add;
  }

  /** Our end as it is described to the browser; told `changed` when more is known of it. */
  local(local: WebTransport): void {
    this.#local = local;
    this.#told = local.candidates.length;
    this.#endTold = local.gathered;
  }

  /** The browser's description has come. */
  remote(ice: RemoteIce): void {
    this.#remote = ice;
  }

  /** The dialog stands, and the browser has our description: from here on it is told what is new. */
  through(dialog: TrickleDialog): void {
    this.#dialog = dialog;
    this.changed();
  }

  /** More is known of our end. */
  changed(): void {
    const [local, dialog] = [this.#local, this.#dialog];
    if (!local || !dialog || this.#sending || !dialog.takesInfo(TRICKLE_ICE)) return;
    if (this.#told === local.candidates.length && this.#endTold === local.gathered) return;
    this.#told = local.candidates.length;
    this.#endTold = local.gathered;
    this.#sending = true;
    const { iceUfrag: ufrag, icePwd: pwd, mid, candidates, gathered: ended } = local;
    const body = writeIceFragment([{ mid, ufrag, pwd, candidates: [...candidates], ended }]);
    void dialog.info(ICE_FRAGMENT_TYPE, body, TRICKLE_ICE).then(() => {
      this.#sending = false;
      this.changed();
    });
  }

  #receive(body: string): InfoAnswer {
    try {
      for (const media of readIceFragment(body)) this.#take(media);
      return TAKEN;
    } catch (error) {
      if (!(error instanceof IceFragmentError)) throw error;
      return { status: 400, phrase: `Bad ICE Fragment - line ${error.line}` };
    }
  }

  /** Of another generation, or of an m-line that is not ours: nothing to do with this connection (RFC 8840 §4.4). */
  #take({ mid, ufrag, pwd, candidates }: IceMedia): void {
    const remote = this.#remote;
    if (remote?.mid === undefined || mid !== remote.mid || ufrag !== remote.ufrag || pwd !== remote.pwd) return;
    for (const candidate of candidates) {
      if (this.#taken.has(candidate) || this.#taken.size >= MAX_TAKEN || !isUsable(candidate)) continue;
      this.#taken.add(candidate);
      this.#add(candidate, mid);
    }
  }
}

/** UDP, RTP and RTCP on one port, by address: names are not looked up for strangers (the mDNS names of browsers mean nothing here). */
function isUsable(candidate: string): boolean {
  const [, component, transport = '', , address = ''] = candidate.split(' ');
  return component === '1' && transport.toUpperCase() === 'UDP' && isIP(address) !== 0;
}
