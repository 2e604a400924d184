import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Where a request comes from: what limits and bans are counted by. */
export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string;

const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * The address of who asked. A proxy that is trusted is believed what it says in X-Forwarded-For, and so is each further one
 * before it; the first address that is not a trusted proxy's is the client's. Whoever is not trusted can say there what he will.
 * @param trusted addresses or networks, e.g. `10.0.0.7`, `fd00::/8`; see `isNetwork`
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const network of trusted) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  const isProxy = (address: string): boolean => isIP(address) > 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '');
    const said = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',');
    for (let before = said.pop(); before !== undefined && isProxy(address); before = said.pop()) {
      const next = plain(before.trim());
      if (isIP(next) === 0) break;
      address = next;
    }
    return address;
  };
}

/** Whether this is an address, or a network such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32));
}

/** An IPv4 client of a socket for both is an IPv4 client. */
function plain(address: string): string {
  return address.replace(MAPPED, '');
}
