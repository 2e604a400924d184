import type { FsEndpoint, FsMediaServer } from './libraries.js';

/** FreeSWITCH answers and connects back within so long, or not at all. The library asks for 4 s from the answer on. */
const OPEN_MS = 8_000;

/**
 * A channel of a media server. The library forgets whoever waits when drachtio-server is lost meanwhile; this does not.
 * @throws Error of the library, or when nothing came in time; an endpoint that comes later is let go
 */
export function openEndpoint(server: FsMediaServer, remoteSdp: string): Promise<FsEndpoint> {
  return new Promise((resolve, reject) => {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      reject(new Error(`no channel within ${OPEN_MS / 1_000} s`));
    }, OPEN_MS);
    server.createEndpoint({ remoteSdp }).then(
      (endpoint) => {
        clearTimeout(deadline);
        if (late) endpoint.destroy().catch(() => undefined);
        else resolve(endpoint);
      },
      (error: unknown) => {
        clearTimeout(deadline);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
