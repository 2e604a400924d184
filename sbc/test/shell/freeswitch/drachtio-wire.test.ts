import assert from 'node:assert/strict';
import { type SipWireHandlers, silentLogger, type WireRequest } from '@yixian/contracts';
import { DrachtioWire } from '../../../src/shell/freeswitch/drachtio-wire.js';
import { FakeDrachtio } from '../../support/fake-drachtio.js';

const INVITE = [
  'INVITE sip:12320@127.0.0.1 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa',
  'From: <sip:1380@192.0.2.9>;tag=theirs',
  'To: <sip:12320@127.0.0.1>',
  'Call-ID: one',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');
const answerTo = (status: string, extra = ''): string =>
  `SIP/2.0 ${status}\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKb\r\nFrom: <sip:12320@127.0.0.1>;tag=ours\r\nTo: <sip:1001@192.0.2.9>;tag=phone\r\nCall-ID: two\r\nCSeq: 1 INVITE\r\n${extra}Content-Length: 0\r\n\r\n`;

describe('the control connection to drachtio-server', () => {
  let server: FakeDrachtio;
  let wire: DrachtioWire;
  const told: string[] = [];
  const requests: WireRequest[] = [];
  let wake: () => void = () => {};
  const handlers: SipWireHandlers = {
    request: (request) => {
      requests.push(request);
      wake();
    },
    acknowledged: (text) => {
      told.push(`ack ${text.slice(0, 3)}`);
      wake();
    },
    endedByServer: () => {},
    lost: (why) => {
      told.push(`lost ${why}`);
      wake();
    },
    found: () => {
      told.push('found');
      wake();
    },
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  async function connect(options: ConstructorParameters<typeof FakeDrachtio>[0] = {}, secret = 'right'): Promise<void> {
    server = new FakeDrachtio(options);
    const port = await server.listen();
    wire = new DrachtioWire({ server: { host: '127.0.0.1', port, secret }, logger: silentLogger });
    await wire.start(handlers);
  }

  beforeEach(() => {
    told.length = 0;
    requests.length = 0;
  });
  afterEach(async () => {
    await wire.stop();
    await server.close();
  });

  it('is let in with the secret, and knows where the server listens', async () => {
    await connect();
    assert.equal(wire.connected(), true);
    assert.deepEqual(
      wire.points().map((p) => `${p.transport} ${p.address}:${p.port}`),
      ['udp 127.0.0.1:5060', 'tcp 127.0.0.1:5060'],
    );
  });

  for (const [what, options, secret, fault] of [
    ['a wrong secret', {}, 'guessed', /does not take the secret of DRACHTIO_URL$/],
    ['a version that is too old', { version: 'v0.8.26' }, 'right', /is of version v0\.8\.26; 0\.9\.0 at least is needed$/],
    ['a server that listens nowhere', { points: '' }, 'right', /listens nowhere for SIP$/],
  ] as const) {
    it(`${what}: a clear line, without the secret`, async () => {
      await assert.rejects(connect(options, secret), (error: Error) => fault.test(error.message) && !error.message.includes('guessed'));
    });
  }

  it('a server that is not there: a clear line', async () => {
    await connect();
    const { port } = server;
    await wire.stop();
    await server.close();
    wire = new DrachtioWire({ server: { host: '127.0.0.1', port, secret: 'right' }, logger: silentLogger });
    await assert.rejects(wire.start(handlers), /cannot be reached: .*ECONNREFUSED/);
  });

  it('a request comes as its text with its source; the answer goes into its transaction, and who answered learns of the dialog', async () => {
    await connect();
    server.network(INVITE, { transaction: 'txn-1' });
    await until(() => requests.length === 1);
    const [request] = requests;
    assert.ok(request);
    assert.deepEqual(
      [request.text, request.source.address, request.source.port, request.source.transport],
      [INVITE, '192.0.2.9', 5070, 'udp'],
    );
    const learnt = new Promise<string | undefined>((resolve) => {
      request.respond({ status: 180, reason: 'Ringing', headers: [['X-A', '1']], body: '' }, (_text, dialogId) => resolve(dialogId));
    });
    const sent = await server.got(/SIP\/2\.0 180 Ringing/);
    assert.match(sent, /\|sip\|txn-1\|/);
    assert.match(sent, /^X-A: 1\r$/m);
    server.sent(sent, answerTo('180 Ringing'), { transaction: 'txn-1', dialog: 'dialog-1' });
    assert.equal(await learnt, 'dialog-1');
  });

  it('a CANCEL is told to whoever has the INVITE', async () => {
    await connect();
    server.network(INVITE, { transaction: 'txn-1' });
    await until(() => requests.length === 1);
    const cancelled = new Promise<string>((resolve) => requests[0]?.onCancel(resolve));
    server.network(INVITE.replaceAll('INVITE', 'CANCEL'), { transaction: 'txn-2' });
    assert.match(await cancelled, /^CANCEL sip:12320@/);
  });

  it('a request of ours goes to its next hop; answers come back, the ACK of a 200 goes into the dialog', async () => {
    await connect();
    const answers: string[] = [];
    wire.send(
      {
        method: 'INVITE',
        uri: 'sip:1001@192.0.2.9',
        headers: [['Call-ID', 'two']],
        body: '',
        nextHop: { address: '192.0.2.9', port: 5070, transport: 'tcp' },
      },
      {
        response: (text, dialogId) => {
          answers.push(`${text.slice(8, 11)} ${dialogId}`);
          wake();
        },
        failed: (kind) => answers.push(kind),
      },
    );
    const sent = await server.got(/INVITE sip:1001/);
    assert.match(sent, /^[^|]+\|sip\|\|\|sip:192\.0\.2\.9:5070;transport=tcp\r\n/);
    server.sent(sent, INVITE, { transaction: 'txn-9' });
    server.network(answerTo('180 Ringing'), { transaction: 'txn-9', dialog: 'd' });
    server.network(answerTo('200 OK', 'Contact: <sip:1001@192.0.2.9>\r\n'), { transaction: 'txn-9', dialog: 'd' });
    await until(() => answers.length === 2);
    assert.deepEqual(answers, ['180 d', '200 d']);
    wire.send({ method: 'ACK', uri: 'sip:1001@192.0.2.9', headers: [], body: '', dialogId: 'd' }, { response() {}, failed() {} });
    assert.match(await server.got(/ACK sip:/), /\|sip\|\|d\r\n/);
  });

  for (const [status, kind] of [
    ['408 Request Timeout', 'timeout'],
    ['503 Service Unavailable', 'transport'],
  ] as const) {
    it(`a ${status.slice(0, 3)} that the server made itself is no answer of the party: ${kind}`, async () => {
      await connect();
      const failed = new Promise<string>((resolve) => {
        const send = { method: 'OPTIONS', uri: 'sip:1001@192.0.2.9', headers: [], body: '' };
        wire.send(send, { response: (text) => resolve(text), failed: resolve });
      });
      server.sent(await server.got(/OPTIONS sip:1001/), INVITE.replaceAll('INVITE', 'OPTIONS'), { transaction: 'txn-3' });
      server.network(answerTo(status), { transaction: 'txn-3', from: '' });
      assert.equal(await failed, kind);
    });
  }

  it('rubbish from the server ends neither the process nor the connection', async () => {
    await connect();
    for (const rubbish of ['x|sip|network|1|udp|a|1|t|txn\r\nNOT SIP', 'y|unknown|z', 'z']) server.send(rubbish);
    server.network(INVITE, { transaction: 'txn-4' });
    await until(() => requests.length === 1);
    assert.equal(wire.connected(), true);
  });

  it('the server dies in the middle of a request and comes back: the request fails, both are told', async () => {
    await connect();
    const { port } = server;
    const failed = new Promise<string>((resolve) => {
      const send = { method: 'OPTIONS', uri: 'sip:1001@192.0.2.9', headers: [], body: '' };
      wire.send(send, { response() {}, failed: (kind) => resolve(kind) });
    });
    await server.got(/OPTIONS sip:1001/);
    await server.close();
    assert.equal(await failed, 'transport');
    await until(() => told.some((t) => /^lost the connection to drachtio-server at .* was lost$/.test(t)));
    assert.equal(wire.connected(), false);
    const refused = await new Promise<string>((resolve) => {
      wire.send(
        { method: 'OPTIONS', uri: 'sip:a@b', headers: [], body: '' },
        { response() {}, failed: (_kind, error) => resolve(error.message) },
      );
    });
    assert.equal(refused, 'drachtio-server is not connected');
    server = new FakeDrachtio();
    await server.listen(port);
    await until(() => told.includes('found'));
    assert.equal(wire.connected(), true);
  }).timeout(20_000);
});
