import { networkInterfaces } from 'node:os';
import { isIpv6 } from './types.js';

function toBits(address: string): number {
  return address.split('.').reduce((n, part) => n * 256 + Number(part), 0);
}

function sameSubnet(a: string, b: string, mask: string): boolean {
  const m = toBits(mask);
  return (toBits(a) & m) === (toBits(b) & m);
}

/**
 * The address of this machine that a peer sees when the socket is bound to all of them: the interface in the peer's subnet, else
 * the first one that is not loopback. Only for wildcard listen points.
 */
export function localAddressTowards(remote: string): string {
  const v6 = isIpv6(remote);
  if (v6 ? remote === '::1' : remote.startsWith('127.')) return v6 ? '::1' : '127.0.0.1';
  let first: string | undefined;
  for (const entries of Object.values(networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.internal || (entry.family === 'IPv6') !== v6 || entry.address.startsWith('fe80:')) continue;
      first ??= entry.address;
      if (!v6 && sameSubnet(entry.address, remote, entry.netmask)) return entry.address;
    }
  }
  return first ?? (v6 ? '::1' : '127.0.0.1');
}
