import assert from 'node:assert/strict';
import { inspect } from '../../../src/shell/freeswitch/inspect.js';
import { FakeEventSocket } from '../../support/fake-event-socket.js';

const PROFILE = 'drachtio_mrf\tprofile\tsip:mod_sofia@127.0.0.1:5065\tRUNNING (0)\n';

function answers(changes: Record<string, string> = {}): (command: string) => string {
  const all: Record<string, string> = {
    'version short': '1.11.3-dev',
    'sofia status': `  Name\tType\tData\tState\n  ${PROFILE}`,
    status: 'UP 0 years\n2000 session(s) max\n',
    ...changes,
  };
  return (command) => all[command] ?? (command.startsWith('module_exists') ? 'true' : '-ERR no such command');
}

describe('a look at FreeSWITCH over its event socket', () => {
  let server: FakeEventSocket | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function look(given: ReturnType<typeof answers>, secret = 'right', greets = true) {
    server = new FakeEventSocket('right', given, greets);
    const port = await server.listen();
    return { port, ...(await inspect({ host: '127.0.0.1', port, secret }, 'drachtio_mrf')) };
  }

  it('one that has all it needs: no problem, its version and how much it takes', async () => {
    const { problems, version, maxSessions } = await look(answers());
    assert.deepEqual([problems, version, maxSessions], [[], '1.11.3-dev', 2000]);
  });

  it('a wrong secret is named, and the secret is not', async () => {
    const { problems, port } = await look(answers(), 'wrong-secret');
    assert.deepEqual(problems, [`FreeSWITCH at 127.0.0.1:${port} does not take the secret of FREESWITCH_URL`]);
  });

  it('too old, a module that is not loaded, a profile that does not run: each its sentence', async () => {
    const { problems } = await look(
      answers({ 'version short': '1.8.7', 'module_exists mod_conference': 'false', 'sofia status': '0 profiles' }),
    );
    assert.deepEqual(
      problems.map((p) => p.replace(/^FreeSWITCH at \S+ /, '')),
      ['is of version 1.8.7; 1.10.0 at least is needed', 'has not loaded mod_conference', 'has no SIP profile drachtio_mrf that runs'],
    );
  });

  it('one that is not there, and one that says nothing', async () => {
    const { port } = await look(answers());
    await server?.close();
    server = undefined;
    const gone = await inspect({ host: '127.0.0.1', port, secret: 'right' }, 'drachtio_mrf');
    assert.match(gone.problems.join(), /cannot be reached: .*ECONNREFUSED/);
    const mute = await look(answers(), 'right', false);
    assert.match(mute.problems.join(), /did not answer within 5 s/);
  }).timeout(20_000);
});
