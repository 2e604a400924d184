import { type HeaderField, header, type SipResponse } from '../parser/message.js';
import { algorithmOf, digestResponse, formatDigest, parseDigest } from './digest.js';

/**
 * Answers a 401 or 407 (RFC 3261 §22.2, RFC 8760 §2.4: the first challenge with an algorithm we know). Undefined when there is none
 * we can answer.
 */
export function answerChallenge(
  response: SipResponse,
  request: { method: string; uri: string },
  auth: { username: string; password: string },
  cnonce: string,
): HeaderField | undefined {
  const proxy = response.status === 407;
  const key = proxy ? 'proxy-authenticate' : 'www-authenticate';
  for (const h of response.headers) {
    if (h.key !== key) continue;
    const challenge = parseDigest(h.value);
    const algorithm = challenge ? algorithmOf(challenge.get('algorithm')) : undefined;
    const nonce = challenge?.get('nonce');
    const realm = challenge?.get('realm');
    if (!challenge || !algorithm || nonce === undefined || realm === undefined) continue;
    const offered = challenge.get('qop')?.split(',') ?? [];
    const withQop = offered.some((q) => q.trim() === 'auth');
    if (offered.length > 0 && !withQop) continue;
    const qop = withQop ? { value: 'auth', nc: '00000001', cnonce } : undefined;
    const params: [string, string][] = [
      ['username', auth.username],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', request.uri],
      ['response', digestResponse({ algorithm, ...auth, realm, ...request, nonce, ...(qop ? { qop } : {}) })],
      ['algorithm', algorithm],
    ];
    if (qop) params.push(['cnonce', cnonce], ['qop', 'auth'], ['nc', qop.nc]);
    const opaque = challenge.get('opaque');
    if (opaque !== undefined) params.push(['opaque', opaque]);
    return header(proxy ? 'Proxy-Authorization' : 'Authorization', formatDigest(params, CREDENTIALS_BARE));
  }
  return undefined;
}

/** In credentials qop stands bare, unlike in a challenge (RFC 3261 §25.1). */
const CREDENTIALS_BARE = new Set(['algorithm', 'nc', 'qop']);
