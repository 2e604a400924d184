import { createServer, type Server } from 'node:net';

export interface PortRange {
  min: number;
  max: number;
}

/**
 * Listens on the first port of a range that is free: other servers of ours and other programs may have some of them.
 * @throws Error that names the range and what the last of them said
 */
export async function listenWithin(address: string, { min, max }: PortRange): Promise<Server> {
  let last = '';
  for (let port = min; port <= max; port++) {
    try {
      return await listenAt(address, port);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      last = code === 'EADDRINUSE' ? 'in use' : message;
    }
  }
  throw new Error(`no port of FREESWITCH_LISTEN_PORTS ${min === max ? min : `${min}-${max}`} can be had at ${address}: ${last}`);
}

function listenAt(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address, () => resolve(server));
  });
}
