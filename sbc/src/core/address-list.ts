/** An IP address as a number, so that membership of a block is one comparison. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** An address block (RFC 4632, RFC 4291 §2.3). */
export interface Cidr {
  readonly family: 4 | 6;
  /** The block's bits, shifted right by the host part. */
  readonly network: bigint;
  readonly prefix: number;
}

const MAPPED = 0xffffn; // ::ffff:0:0/96, RFC 4291 §2.5.5.2

/**
 * Reads an IPv4 or IPv6 address. An IPv4-mapped IPv6 address is the IPv4 address it maps: a dual-stack socket shows
 * IPv4 peers that way. A zone (`%eth0`) and square brackets are ignored.
 * @returns undefined when it is neither
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > 80) return undefined;
  const bare = stripZone(text.trim());
  if (!bare.includes(':')) {
    const v4 = parseV4(bare);
    return v4 === undefined ? undefined : { family: 4, value: v4 };
  }
  const v6 = parseV6(bare);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === MAPPED ? { family: 4, value: v6 & 0xffff_ffffn } : { family: 6, value: v6 };
}

/** One spelling per address, for keys and for comparison; text that is no address comes back as it is, cut to 80 characters. */
export function canonicalAddress(text: string): string {
  const ip = parseAddress(text);
  return ip ? formatAddress(ip) : text.slice(0, 80);
}

export function formatAddress(ip: IpAddress): string {
  return ip.family === 4 ? formatV4(ip.value) : formatV6(ip.value);
}

/**
 * Reads an address or a block such as `10.0.0.0/8` or `2001:db8::/32`; a single address is a block of one.
 * @throws Error naming what is wrong with the text
 */
export function parseCidr(text: string): Cidr {
  const [addressText = '', prefixText, ...more] = text.trim().split('/');
  const address = parseAddress(addressText);
  if (!address || more.length > 0) throw new Error(`"${text}" is not an IP address or address block`);
  const full = address.family === 4 ? 32 : 128;
  const mapped = address.family === 4 && addressText.includes(':');
  const prefix = prefixText === undefined ? full : readPrefix(text, prefixText, mapped ? 128 : full) - (mapped ? 96 : 0);
  if (prefix < 0) throw new Error(`"${text}" mixes IPv4 and IPv6: a mapped block needs a prefix of at least 96`);
  return { family: address.family, network: address.value >> BigInt(full - prefix), prefix };
}

export function contains(block: Cidr, address: IpAddress): boolean {
  if (block.family !== address.family) return false;
  const full = block.family === 4 ? 32 : 128;
  return address.value >> BigInt(full - block.prefix) === block.network;
}

/** An address list of one owner, ready for look-up. */
export interface AddressList<Owner> {
  readonly entries: ReadonlyArray<{ readonly owner: Owner; readonly block: Cidr }>;
  /** Entries that could not be read, with why. */
  readonly problems: ReadonlyArray<{ readonly owner: Owner; readonly message: string }>;
}

/** Compiles address lists; entries that cannot be read never match and are named in `problems`. */
export function compileAddressList<Owner>(lists: Iterable<readonly [Owner, readonly string[]]>): AddressList<Owner> {
  const entries: Array<{ owner: Owner; block: Cidr }> = [];
  const problems: Array<{ owner: Owner; message: string }> = [];
  for (const [owner, texts] of lists) {
    for (const text of texts) {
      try {
        entries.push({ owner, block: parseCidr(text) });
      } catch (error) {
        problems.push({ owner, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  // The narrowest block first: it decides where blocks of several owners overlap. Equal ones keep their order.
  entries.sort((a, b) => b.block.prefix - a.block.prefix);
  return { entries, problems };
}

/** Whose list an address is on; the narrowest block decides. */
export function ownerOf<Owner>(list: AddressList<Owner>, address: IpAddress): Owner | undefined {
  return list.entries.find((entry) => contains(entry.block, address))?.owner;
}

function stripZone(text: string): string {
  const unbracketed = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const zone = unbracketed.indexOf('%');
  return zone < 0 ? unbracketed : unbracketed.slice(0, zone);
}

function readPrefix(whole: string, text: string, max: number): number {
  const prefix = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(prefix <= max)) throw new Error(`"${whole}" has a prefix length outside 0–${max}`);
  return prefix;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // A leading zero means octal to some readers: an address with two meanings is no address (RFC 6943 §3.1.1).
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '');
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  // One conversion of all digits costs far less than eight of sixteen bits.
  return BigInt(`0x${[...head, ...new Array<string>(missing).fill('0000'), ...tail].join('')}`);
}

/** Groups of four hexadecimal digits. */
function groups(text: string): string[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const out: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      const hex = v4.toString(16).padStart(8, '0');
      out.push(hex.slice(0, 4), hex.slice(4));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      out.push(part.padStart(4, '0'));
    } else {
      return undefined;
    }
  }
  return out;
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of zero groups as `::`. */
function formatV6(value: bigint): string {
  const digits = value.toString(16).padStart(32, '0');
  const hex = Array.from({ length: 8 }, (_, i) => Number.parseInt(digits.slice(4 * i, 4 * i + 4), 16).toString(16));
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && hex[j] === '0') j++;
    if (j - i > best.length) best = { start: i, length: j - i };
    if (j > i) i = j;
  }
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
