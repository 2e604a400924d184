import { BlockList, isIPv4 } from 'node:net';

// Addresses no flow may reach whatever the configuration allows: what answers there answers to this machine alone, or to many.

const closed = new BlockList();
closed.addSubnet('0.0.0.0', 8);
/** Link-local (RFC 3927), where clouds keep their metadata. */
closed.addSubnet('169.254.0.0', 16);
closed.addSubnet('224.0.0.0', 3);
closed.addAddress('::', 'ipv6');
closed.addSubnet('fe80::', 10, 'ipv6');
closed.addSubnet('ff00::', 8, 'ipv6');
/** Metadata of a cloud in its own unique local range. */
closed.addAddress('fd00:ec2::254', 'ipv6');

/** Whether requests must not go to this address. IPv4 written as IPv6 counts as IPv4. */
export function closedAddress(address: string): boolean {
  if (isIPv4(address)) return closed.check(address);
  const mapped = mappedIPv4(address);
  return mapped === undefined ? closed.check(address, 'ipv6') : closed.check(mapped);
}

function mappedIPv4(address: string): string | undefined {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (dotted) return dotted[1];
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (!hex) return undefined;
  const [high, low] = [Number.parseInt(hex[1] ?? '0', 16), Number.parseInt(hex[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
