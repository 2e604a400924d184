import { isIP } from 'node:net';

/** One address of this machine. */
export interface InterfaceAddress {
  address: string;
  family: 4 | 6;
  internal: boolean;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function familyOf(address: string): 4 | 6 {
  return isIP(address) === 6 && !address.startsWith('::ffff:') ? 6 : 4;
}

const WILDCARDS: Record<string, 4 | 6> = { '0.0.0.0': 4, '::': 6 };

/**
 * The address of ours to name in SDP to a peer: of its family; loopback to loopback; else the first that fits.
 * @param hosts the addresses bound, wildcards allowed
 * @param interfaces this machine's addresses, to put in a wildcard's place; asked only then, it is a slow system call
 * @returns undefined when nothing of the peer's family is bound
 */
export function localAddressFor(
  remote: string,
  hosts: readonly string[],
  interfaces: () => readonly InterfaceAddress[],
): string | undefined {
  const family = familyOf(remote);
  const bound = hosts.flatMap((host) => {
    const wildcard = WILDCARDS[host];
    if (!wildcard) return [host];
    return interfaces()
      .filter((i) => i.family === wildcard && !i.address.startsWith('fe80:'))
      .map((i) => i.address);
  });
  const candidates = bound.filter((a) => familyOf(a) === family);
  if (isLoopback(remote)) return candidates.find(isLoopback) ?? candidates[0];
  const outside = candidates.filter((a) => !isLoopback(a));
  return bestPrefix(remote, outside) ?? candidates[0];
}

// The longest common beginning stands for the route; the routing table is not to be had without a system call per peer.
function bestPrefix(remote: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let length = -1;
  for (const candidate of candidates) {
    let n = 0;
    while (n < candidate.length && candidate[n] === remote[n]) n++;
    if (n > length) {
      best = candidate;
      length = n;
    }
  }
  return best;
}

/** Which address of the peer decides ours: where it signals from, unless its media is of the other IP version. */
export function decisiveAddress(source: string | undefined, media: string | undefined): string | undefined {
  if (source === undefined || media === undefined) return source ?? media;
  return familyOf(source) === familyOf(media) ? source : media;
}

/** The host of a SIP URI where it is an IP address. */
export function addressOfUri(uri: string): string | undefined {
  const host = /^sips?:(?:[^@<>\s]*@)?(\[[0-9a-f:.]+\]|[^:;?>\s]+)/i.exec(uri)?.[1]?.replaceAll(/[[\]]/g, '');
  return host !== undefined && isIP(host) !== 0 ? host : undefined;
}
