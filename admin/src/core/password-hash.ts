/** Cost of scrypt (RFC 7914): N = 2^ln, block size r, parallelism p. Memory is 128·N·r bytes. */
export interface ScryptCost {
  ln: number;
  r: number;
  p: number;
}

export interface PasswordHash extends ScryptCost {
  salt: Buffer;
  key: Buffer;
}

const SHAPE = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,128})\$([A-Za-z0-9+/]{22,128})$/;

/** `$scrypt$ln=15,r=8,p=1$salt$key`, base64 without padding: everything needed to check a password later. */
export function formatHash(hash: PasswordHash): string {
  return `$scrypt$ln=${hash.ln},r=${hash.r},p=${hash.p}$${plain64(hash.salt)}$${plain64(hash.key)}`;
}

/** The parts of a stored hash; undefined when it is not one, or so costly that checking it would be an attack. */
export function parseHash(text: string): PasswordHash | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, ln, r, p, salt, key] = match;
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (cost.ln < 1 || cost.ln > 20 || cost.r < 1 || cost.p < 1 || memoryOf(cost) > 256 * 1024 * 1024) return undefined;
  return { ...cost, salt: Buffer.from(salt ?? '', 'base64'), key: Buffer.from(key ?? '', 'base64') };
}

/** Bytes of memory scrypt needs at this cost. */
export function memoryOf(cost: ScryptCost): number {
  return 128 * 2 ** cost.ln * cost.r;
}

function plain64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
