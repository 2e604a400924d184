import type { Transport } from '@yixian/contracts';

/** Where a server's control port is, and the secret it asks for. */
export interface ControlAddress {
  host: string;
  port: number;
  secret: string;
}

/**
 * Reads `host:port,secret`, several separated by spaces; an IPv6 host stands in brackets.
 * @throws Error that names the part that is wrong, never the secret
 */
export function controlAddresses(text: string, name: string): ControlAddress[] {
  const all = text
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) => controlAddress(part, name));
  if (all.length === 0) throw new Error(`${name} must name a server: host:port,secret`);
  return all;
}

function controlAddress(part: string, name: string): ControlAddress {
  const comma = part.indexOf(',');
  if (comma < 0) throw new Error(`${name}: a secret has to follow the port, as in host:port,secret`);
  const [where, secret] = [part.slice(0, comma), part.slice(comma + 1)];
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(where);
  const port = Number(match?.[2]);
  if (!match?.[1] || port < 1 || port > 65_535) throw new Error(`${name}: ${JSON.stringify(where)} is not host:port`);
  if (secret === '') throw new Error(`${name}: the secret of ${where} is empty`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port, secret };
}

const TRANSPORTS = new Set<string>(['udp', 'tcp', 'tls', 'ws', 'wss']);

/** The listen points of drachtio-server: `udp/127.0.0.1:5060,tcp/[::1]:5060`. What is no point of SIP is left out. */
export function listenPoints(text: string): { transport: Transport; address: string; port: number }[] {
  return text.split(',').flatMap((one) => {
    const match = /^\s*([a-z]+)\/(\[?[^\]]+?\]?):(\d{1,5})\s*$/.exec(one);
    const transport = match?.[1] ?? '';
    if (!match || !TRANSPORTS.has(transport)) return [];
    return [{ transport: transport as Transport, address: (match[2] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[3]) }];
  });
}

/** Whether `v0.9.10-1-g9c2dd4c` is at least `0.9.0`; what cannot be read is not. */
export function versionAtLeast(version: string, least: string): boolean {
  const read = (text: string): number[] => (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? []).slice(1).map((n) => Number(n ?? 0));
  const [have, want] = [read(version), read(least)];
  if (have.length === 0) return false;
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
