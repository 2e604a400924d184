import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { type EdgePolicy, randomIds, type SwitchHandlers, silentLogger, systemClock } from '@yixian/contracts';
import { createSoftswitch, type Softswitch, type SoftswitchOptions } from '../src/index.js';

const NOBODY: EdgePolicy = { admit: () => ({ action: 'drop', reason: 'test' }), sipPassword: () => undefined, authenticationResult() {} };
const HANDLERS: SwitchHandlers = { inbound() {}, registrationChanged() {}, message: async () => ({ status: 202 }) };

function make(more: Partial<SoftswitchOptions> = {}): Softswitch {
  return createSoftswitch({
    hosts: ['127.0.0.1'],
    sipPort: 0,
    rtpPorts: { min: 30_400, max: 30_419 },
    policy: NOBODY,
    clock: systemClock(),
    ids: randomIds(),
    logger: silentLogger,
    ...more,
  });
}

function bound(socket: Socket): Promise<number> {
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

/** Sockets and threads of this process that are still open. */
function open(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /UDP|TCP|MessagePort|Worker/i.test(name));
}

/** Handles close in a later turn of the loop; those that never do fail the test. */
async function closedBack(to: readonly string[]): Promise<void> {
  for (let turn = 0; turn < 50 && open().length > to.length; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(open(), to);
}

describe('softswitch on real sockets', function () {
  this.timeout(20_000);

  it('binds UDP and TCP, and after stop no socket and no thread is left', async () => {
    const before = open();
    const sw = make();
    await sw.start(HANDLERS);
    assert.deepEqual(
      sw
        .listening()
        .map((p) => p.transport)
        .sort(),
      ['tcp', 'udp'],
    );
    assert.ok(sw.listening().every((p) => p.port > 0));
    assert.equal((await sw.health()).ok, true);
    assert.ok(open().length > before.length);
    await sw.stop();
    await sw.stop();
    await closedBack(before);
  });

  it('a taken UDP port stops the start with address and port named, and nothing stays behind', async () => {
    const before = open();
    const squatter = createSocket('udp4');
    const port = await bound(squatter);
    const sw = make({ sipPort: port });
    await assert.rejects(sw.start(HANDLERS), new RegExp(`127\\.0\\.0\\.1.*${port}`));
    await new Promise<void>((resolve) => squatter.close(resolve));
    await closedBack(before);
  });

  it('a taken TCP port likewise: the UDP port beside it is given back', async () => {
    const squatter = createServer();
    const port = await listening(squatter);
    const sw = make({ sipPort: port });
    await assert.rejects(sw.start(HANDLERS), new RegExp(`127\\.0\\.0\\.1.*${port}`));
    const free = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      free.once('error', reject);
      free.bind(port, '127.0.0.1', resolve);
    });
    free.close();
    squatter.close();
  });

  it('a store that cannot be read stops the start before anything is bound', async () => {
    const store = {
      load: () => Promise.reject(new Error('redis is away')),
      save: () => Promise.resolve(),
    };
    const before = open();
    const sw = make({ registrationStore: store });
    await assert.rejects(sw.start(HANDLERS), /redis is away/);
    assert.deepEqual(open(), before);
  });
});
