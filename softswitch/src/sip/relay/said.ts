import type { LegOrigin, Registration } from '@yixian/contracts';
import type { Hop } from '../transport/types.js';

// What processes of one hotline say to each other about SIP. It goes over `Cluster`, never over a SIP socket: nothing that a
// peer in the network may send is taken for it.

/** To and about dialogs: the owner has the call, the holder has the socket to the phone. */
export const RELAY = 'sip.relay';
/** Who has which contacts. */
export const REGISTRATIONS = 'sip.registrations';

/** Bytes as latin1 text, each byte a character. */
export type RelaySaid =
  /** Owner to holder: send this. */
  | { do: 'send'; id: number; hop: Hop; bytes: string }
  /** Holder to owner: that could not be sent. */
  | { do: 'not-sent'; id: number; why: string }
  /** Holder to owner: a phone says this in a dialog of yours. */
  | { do: 'packet'; hop: Hop; bytes: string }
  /** The admitted INVITE of a call that is to be yours. */
  | { do: 'invite'; hop: Hop; bytes: string; origin: LegOrigin }
  /** Owner to holder: close that connection. */
  | { do: 'close'; hop: Hop }
  /** Holder to all: that connection is gone. */
  | { do: 'closed'; hop: Hop }
  /** Owner to holder: the session of this Call-ID is over. */
  | { do: 'over'; callId: string };

export type RegistrationsSaid =
  | { do: 'own'; extension: string; bindings: readonly Registration[] }
  | { do: 'dropped'; extension: string; contacts: readonly string[]; at: number }
  /** Just started (`hello`, answered by all with `all`), or the answer to it. */
  | { do: 'hello' | 'all'; bindings: ReadonlyArray<readonly [extension: string, bindings: readonly Registration[]]> };

export function asText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

export function asBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function withoutNode({ node: _node, ...hop }: Hop): Hop {
  return hop;
}
