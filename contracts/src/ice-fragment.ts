// `application/trickle-ice-sdpfrag` (RFC 8840 §9): candidates that became known after the SDP, as one end of a call tells them to the other
// in an INFO. Text in, values out; the same at both ends, the switch's and the page's.

/** Name of the INFO package (RFC 8840 §10), and of the option tag. */
export const TRICKLE_ICE = 'trickle-ice';
export const ICE_FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';
/** Characters of a fragment: that of a machine with dozens of addresses fits. */
export const MAX_ICE_FRAGMENT = 16 * 1024;
/** Candidates of one fragment; an honest end has a handful. */
export const MAX_ICE_CANDIDATES = 100;

const MAX_MEDIA = 32;
const MAX_LINE = 512;
const TOKEN = /^[\x21-\x7e]{1,128}$/;
/** ice-char of RFC 8839 §5.4: a ufrag has 4 to 256 of them, a password 22 to 256. */
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PWD = /^[A-Za-z0-9+/]{22,256}$/;
/** candidate-attribute of RFC 8839 §5.1, without the word before the colon. */
const CANDIDATE =
  /^[A-Za-z0-9+/]{1,32} \d{1,3} [A-Za-z0-9-]{1,16} \d{1,10} [A-Za-z0-9:.%_-]{1,255} (\d{1,5}) typ [A-Za-z0-9-]{1,16}(?: [\x21-\x7e]+)*$/;

export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

export interface IceMedia extends IceCredentials {
  /** Identification tag of the m-line (RFC 5888). */
  mid: string;
  /** Values of `a=candidate`, in the order they became known. */
  candidates: string[];
  /** No more will come for this m-line (`a=end-of-candidates`). */
  ended: boolean;
}

/** The text is no fragment; `line` counts from 1. */
export class IceFragmentError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(`ICE fragment line ${line}: ${message}`);
    this.name = 'IceFragmentError';
    this.line = line;
  }
}

/** Whether this can stand behind `a=candidate:`. */
export function isCandidate(value: string): boolean {
  if (value.length > MAX_LINE) return false;
  const port = CANDIDATE.exec(value)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** The fragment as text: the credentials, then each m-line with its candidates. */
export function writeIceFragment(media: readonly IceMedia[]): string {
  const lines = media.flatMap((one) => [
    'm=audio 9 RTP/AVP 0',
    `a=mid:${one.mid}`,
    `a=ice-ufrag:${one.ufrag}`,
    `a=ice-pwd:${one.pwd}`,
    ...one.candidates.map((candidate) => `a=candidate:${candidate}`),
    ...(one.ended ? ['a=end-of-candidates'] : []),
  ]);
  return `${lines.join('\r\n')}\r\n`;
}

interface Draft {
  ufrag?: string;
  pwd?: string;
  mid?: string;
  candidates: string[];
  ended: boolean;
  line: number;
}

/**
 * What a fragment tells, by m-line; an m-line without credentials of its own has those of the whole.
 * @throws IceFragmentError naming the line at fault
 */
export function readIceFragment(text: string): IceMedia[] {
  if (text.length > MAX_ICE_FRAGMENT) throw new IceFragmentError(`longer than ${MAX_ICE_FRAGMENT} characters`, 1);
  const session: Draft = { candidates: [], ended: false, line: 1 };
  const media: Draft[] = [];
  let candidates = 0;
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line === '') return;
    const number = index + 1;
    if (line.length > MAX_LINE) throw new IceFragmentError(`longer than ${MAX_LINE} characters`, number);
    if (line.startsWith('m=')) {
      if (media.length >= MAX_MEDIA) throw new IceFragmentError(`more than ${MAX_MEDIA} m-lines`, number);
      media.push({ candidates: [], ended: false, line: number });
    } else if (line.startsWith('a=')) {
      readAttribute(media.at(-1) ?? session, media.length > 0, line.slice(2), number);
      if (line.startsWith('a=candidate:') && ++candidates > MAX_ICE_CANDIDATES) {
        throw new IceFragmentError(`more than ${MAX_ICE_CANDIDATES} candidates`, number);
      }
    } else throw new IceFragmentError('neither a= nor m=', number);
  });
  return media.map((one) => complete(one, session));
}

function readAttribute(draft: Draft, inMedia: boolean, attribute: string, line: number): void {
  const colon = attribute.indexOf(':');
  const name = colon < 0 ? attribute : attribute.slice(0, colon);
  const value = colon < 0 ? '' : attribute.slice(colon + 1);
  switch (name) {
    case 'ice-ufrag':
      draft.ufrag = checked(value, UFRAG, 'ice-ufrag', line);
      return;
    case 'ice-pwd':
      draft.pwd = checked(value, PWD, 'ice-pwd', line);
      return;
    case 'mid':
      if (!inMedia) throw new IceFragmentError('a=mid before the first m-line', line);
      draft.mid = checked(value, TOKEN, 'mid', line);
      return;
    case 'candidate':
      if (!inMedia) throw new IceFragmentError('a=candidate before the first m-line', line);
      if (!isCandidate(value))
        throw new IceFragmentError('a=candidate is not `foundation component transport priority address port typ type`', line);
      draft.candidates.push(value);
      return;
    case 'end-of-candidates':
      draft.ended = true;
      return;
    default:
      // ice-options, group, ice-pacing and what is still to come say nothing of candidates.
      return;
  }
}

function checked(value: string, form: RegExp, name: string, line: number): string {
  if (!form.test(value)) throw new IceFragmentError(`a=${name} is malformed`, line);
  return value;
}

function complete(one: Draft, session: Draft): IceMedia {
  const { mid } = one;
  const ufrag = one.ufrag ?? session.ufrag;
  const pwd = one.pwd ?? session.pwd;
  if (mid === undefined) throw new IceFragmentError('an m-line without a=mid', one.line);
  if (ufrag === undefined) throw new IceFragmentError('no a=ice-ufrag', one.line);
  if (pwd === undefined) throw new IceFragmentError('no a=ice-pwd', one.line);
  return { mid, ufrag, pwd, candidates: one.candidates, ended: one.ended || session.ended };
}
