import { parseUri } from '../parser/uri.js';
import type { NextHop } from '../port.js';
import type { Hop } from '../transport/types.js';
import { hopOf, type UaContext } from './context.js';

/** Where a request outside of dialogs goes: where the phone registered from, else where its URI leads (RFC 3263). */
export function routeTo(
  ctx: UaContext,
  uri: string,
  nextHop: NextHop | undefined,
  done: (hop: Hop | undefined, error?: Error) => void,
): void {
  if (!nextHop) {
    hopOf(ctx, uri, done);
    return;
  }
  if (nextHop.transport === 'ws' || nextHop.transport === 'wss') {
    const browser: Hop = { transport: 'ws', address: nextHop.address, port: nextHop.port, ...nodeOf(nextHop) };
    if (ctx.transport.connected(browser)) done(browser);
    else done(undefined, new Error('the browser is not connected'));
    return;
  }
  if (nextHop.transport === 'tls') {
    done(undefined, new Error(`no transport ${nextHop.transport}`));
    return;
  }
  const direct: Hop = { transport: nextHop.transport, address: nextHop.address, port: nextHop.port, ...nodeOf(nextHop) };
  if (direct.node !== undefined && ctx.transport.connected(direct)) {
    done(direct);
    return;
  }
  // The stream a phone registered over is gone: the Contact itself is the only other way to it.
  if (direct.transport === 'tcp' && !ctx.transport.connected(direct) && parseUri(uri)?.host) hopOf(ctx, uri, done);
  else ctx.resolve({ host: direct.address, port: direct.port, transport: nextHop.transport }, done);
}

function nodeOf({ node }: NextHop): { node?: string } {
  return node === undefined ? {} : { node };
}
