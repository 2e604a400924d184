import { timingSafeEqual } from 'node:crypto';
import { type HeaderField, header, type SipRequest } from '../parser/message.js';
import { parseUri } from '../parser/uri.js';
import { algorithmOf, type DigestAlgorithm, digestResponse, formatDigest, hash, parseDigest } from './digest.js';
import { Nonces } from './nonces.js';

/** `none`: no credentials for our realm. `stale`: right, but the nonce is too old. */
export type DigestVerdict = { kind: 'ok'; username: string } | { kind: 'none' } | { kind: 'stale' } | { kind: 'bad'; reason: string };

export interface DigestServerOptions {
  realm: string;
  algorithms: readonly DigestAlgorithm[];
  nonceLifetimeMs: number;
  /** Makes nonces provable, 32 bytes; the same for all processes that answer under one address. Default: one of this process. */
  nonceKey?: Buffer;
  randomBytes: (count: number) => Buffer;
}

const NC = 8;

function equal(a: string, b: string): boolean {
  // Hashes of both make the lengths equal, so that the comparison takes the same time for every input.
  return timingSafeEqual(Buffer.from(hash('SHA-256', a)), Buffer.from(hash('SHA-256', b)));
}

/**
 * The digest is bound to a Request-URI: credentials seen for one number must not dial another. A REGISTER has no user in its
 * Request-URI (RFC 3261 §10.2), and some clients (sipp) sign the address of record instead: there the host decides.
 */
function sameTarget(method: string, digestUri: string, requestUri: string): boolean {
  if (digestUri === requestUri) return true;
  const a = parseUri(digestUri);
  const b = parseUri(requestUri);
  if (a === undefined || b === undefined || a.host.toLowerCase() !== b.host.toLowerCase()) return false;
  return method === 'REGISTER' || a.user === b.user;
}

/** Challenges and checks for one realm (RFC 3261 §22, RFC 7616, RFC 8760). */
export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #nonces: Nonces;
  /** Stands in for the secret of an unknown user, so that both take the same way. */
  readonly #nobody: string;

  constructor(options: DigestServerOptions) {
    this.#options = options;
    this.#nonces = new Nonces(options.nonceKey ?? options.randomBytes(32), options.nonceLifetimeMs);
    this.#nobody = options.randomBytes(16).toString('hex');
  }

  /** One challenge per algorithm, the most preferred first (RFC 8760 §2.3). */
  challenges(name: 'WWW-Authenticate' | 'Proxy-Authenticate', now: number, stale: boolean): HeaderField[] {
    const nonce = this.#nonces.issue(now, this.#options.randomBytes(8));
    return this.#options.algorithms.map((algorithm) => {
      const params: [string, string][] = [
        ['realm', this.#options.realm],
        ['nonce', nonce],
        ['algorithm', algorithm],
        ['qop', 'auth'],
      ];
      if (stale) params.push(['stale', 'true']);
      return header(name, formatDigest(params));
    });
  }

  /** Checks the credentials of a request. `secretOf` gives the password of a user, or undefined when there is none. */
  verify(request: SipRequest, headerKey: string, now: number, secretOf: (username: string) => string | undefined): DigestVerdict {
    const params = this.#credentials(request, headerKey);
    if (!params) return { kind: 'none' };
    const get = (name: string) => params.get(name) ?? '';
    const algorithm = algorithmOf(params.get('algorithm'));
    if (!algorithm) return { kind: 'bad', reason: 'algorithm' };
    const qop = params.get('qop');
    if (qop !== undefined && (qop !== 'auth' || get('nc').length !== NC || get('cnonce') === '')) return { kind: 'bad', reason: 'qop' };
    if (!sameTarget(request.method, get('uri'), request.uri)) return { kind: 'bad', reason: 'uri' };
    const secret = secretOf(get('username'));
    const expected = digestResponse({
      algorithm,
      username: get('username'),
      realm: this.#options.realm,
      password: secret ?? this.#nobody,
      method: request.method,
      uri: get('uri'),
      nonce: get('nonce'),
      ...(qop === undefined ? {} : { qop: { value: qop, nc: get('nc'), cnonce: get('cnonce') } }),
    });
    const right = equal(expected, get('response').toLowerCase()) && secret !== undefined && secret !== '';
    if (!right) return { kind: 'bad', reason: 'response' };
    return this.#fresh(get('nonce'), qop === undefined ? 1 : Number.parseInt(get('nc'), 16), now, get('username'));
  }

  /** The digest is right; is it also new? A right digest over an old, foreign or used nonce only needs another nonce. */
  #fresh(nonce: string, count: number, now: number, username: string): DigestVerdict {
    if (!Number.isInteger(count) || count < 1) return { kind: 'bad', reason: 'nc' };
    return this.#nonces.use(nonce, count, now) === 'good' ? { kind: 'ok', username } : { kind: 'stale' };
  }

  #credentials(request: SipRequest, headerKey: string): Map<string, string> | undefined {
    for (const h of request.headers) {
      if (h.key !== headerKey) continue;
      const params = parseDigest(h.value);
      if (params?.get('realm') === this.#options.realm) return params;
    }
    return undefined;
  }
}
