import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { readSocketAddress, writeSocketAddress } from '../../src/media/core/socket-address.js';
import { loadLibc } from '../../src/media/shell/libc.js';
import { NativeUdp, tryNative } from '../../src/media/shell/native-udp.js';
import { type OpenUdp, openDgram, type Source, type UdpPort } from '../../src/media/shell/udp.js';
import { eventually } from './fixture.js';

interface Received {
  text: string;
  from: Source;
}

/** A port and what it heard. */
class Heard {
  readonly packets: Received[] = [];
  readonly errors: Error[] = [];
  port: UdpPort | undefined;

  async open(open: OpenUdp, address: string, number: number): Promise<UdpPort> {
    this.port = await open(
      address,
      number,
      (b, length, from) =>
        this.packets.push({
          text: Buffer.from(b.subarray(0, length)).toString('latin1'),
          from: { address: from.address, port: from.port },
        }),
      (error) => this.errors.push(error),
    );
    return this.port;
  }
}

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
let nextNumber = 31_600;

function describePorts(name: string, opener: (test: Mocha.Context) => Promise<OpenUdp>): void {
  describe(`UDP port: ${name}`, () => {
    let open: OpenUdp;
    const opened: UdpPort[] = [];
    before(async function () {
      open = await opener(this);
    });
    afterEach(() => {
      for (const port of opened.splice(0)) port.close();
    });

    async function port(address = '127.0.0.1', number = nextNumber++): Promise<{ heard: Heard; number: number; port: UdpPort }> {
      const heard = new Heard();
      const made = await heard.open(open, address, number);
      opened.push(made);
      return { heard, number, port: made };
    }

    for (const address of ['127.0.0.1', '::1']) {
      it(`sends parts of a buffer and says where a packet came from (${address})`, async () => {
        const [a, b] = [await port(address), await port(address)];
        a.port.send(octets('xhellox'), 1, 6, address, b.number);
        await eventually('the packet', () => b.heard.packets.length === 1);
        assert.deepEqual(b.heard.packets, [{ text: 'hello', from: { address, port: a.number } }]);
        b.port.send(octets('back'), 0, 4, address, a.number);
        await eventually('the answer', () => a.heard.packets.length === 1);
        assert.deepEqual(a.heard.packets, [{ text: 'back', from: { address, port: b.number } }]);
      });

      it(`connected hears its party alone, and others again when it is not (${address})`, async () => {
        const [a, b, stranger] = [await port(address), await port(address), await port(address)];
        assert.equal(a.port.connect(address, b.number), true);
        assert.equal(a.port.connected, true);
        stranger.port.send(octets('no'), 0, 2, address, a.number);
        b.port.send(octets('yes'), 0, 3, address, a.number);
        await eventually('the party', () => a.heard.packets.length === 1);
        assert.deepEqual(a.heard.packets, [{ text: 'yes', from: { address, port: b.number } }]);
        a.port.send(octets('party'), 0, 5, 'not used', 0);
        await eventually('what was sent', () => b.heard.packets.length === 1);
        a.port.disconnect();
        assert.equal(a.port.connected, false);
        stranger.port.send(octets('now'), 0, 3, address, a.number);
        await eventually('the other', () => a.heard.packets.length === 2);
        assert.deepEqual(a.heard.packets[1], { text: 'now', from: { address, port: stranger.number } });
      });
    }

    it('what strangers sent before it was connected keeps their name', async () => {
      const [a, b, stranger] = [await port(), await port(), await port()];
      stranger.port.send(octets('early'), 0, 5, '127.0.0.1', a.number);
      a.port.connect('127.0.0.1', b.number);
      b.port.send(octets('party'), 0, 5, '127.0.0.1', a.number);
      await eventually('the party', () => a.heard.packets.some(({ text }) => text === 'party'));
      for (const { text, from } of a.heard.packets) assert.equal(from.port, text === 'early' ? stranger.number : b.number);
    });

    it('a port that another holds is refused with EADDRINUSE, an address of others with its own code', async () => {
      const { number } = await port();
      await assert.rejects(port('127.0.0.1', number), { code: 'EADDRINUSE' });
      await assert.rejects(port('203.0.113.1'), { code: 'EADDRNOTAVAIL' });
    });

    it('a refusal by the other side is told, and the port goes on', async () => {
      const [a, gone, b] = [await port(), await port(), await port()];
      gone.port.close();
      a.port.connect('127.0.0.1', gone.number);
      await eventually('the refusal', () => {
        a.port.send(octets('?'), 0, 1, '', 0);
        return a.heard.errors.length > 0;
      });
      assert.match(String((a.heard.errors[0] as NodeJS.ErrnoException).code), /ECONNREFUSED/);
      a.port.disconnect();
      b.port.send(octets('on'), 0, 2, '127.0.0.1', a.number);
      await eventually('a packet', () => a.heard.packets.length === 1);
    });

    it('longer packets than are taken show their length, and a thousand at once all come, in their order', async () => {
      const [a, b] = [await port(), await port()];
      a.port.send(new Uint8Array(3000), 0, 3000, '127.0.0.1', b.number);
      await eventually('the long one', () => b.heard.packets.length === 1);
      assert.ok((b.heard.packets[0]?.text.length ?? 0) > 2048);
      for (let n = 0; n < 1000; n++) {
        a.port.send(octets(`${n}`), 0, `${n}`.length, '127.0.0.1', b.number);
        // The kernel's queue of a socket is short.
        if (n % 50 === 49) await eventually('fifty', () => b.heard.packets.length === n + 2);
      }
      assert.deepEqual(
        b.heard.packets.slice(1).map(({ text }) => Number(text)),
        Array.from({ length: 1000 }, (_, n) => n),
      );
    });

    it('closed sends and hears nothing more, and its number is free', async () => {
      const a = await port();
      a.port.close();
      a.port.close();
      a.port.send(octets('x'), 0, 1, '127.0.0.1', a.number);
      await port('127.0.0.1', a.number);
    });
  });
}

describePorts('Node’s sockets', async () => openDgram);

describePorts('the system’s own calls', async (test) => {
  const libc = await loadLibc().catch((error: unknown) => String(error));
  if (typeof libc === 'string') {
    console.log(`      skipped: ${libc}`);
    return test.skip();
  }
  const udp = new NativeUdp({
    libc,
    now: () => performance.now(),
    idleMs: () => 1,
    turnMs: () => 1,
    open: new Uint8Array(65_536),
    fault: (error) => {
      throw error;
    },
    broken: (error) => {
      throw error;
    },
  });
  await tryNative(udp);
  return udp.openUdp;
});

describe('socket addresses', () => {
  it('of any octets are written, read and written the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65_535), (random, port) => {
        const b = new Uint8Array(28);
        b[0] = 10;
        b[2] = port >>> 8;
        b[3] = port;
        b.set(
          random.map((octet) => (octet < 128 ? 0 : octet)),
          8,
        );
        const read = readSocketAddress(b);
        assert.ok(isIPv6(read.address), read.address);
        assert.equal(read.port, port);
        assert.deepEqual(writeSocketAddress(read.address, port), b);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (address, port) => {
        assert.deepEqual(readSocketAddress(writeSocketAddress(address, port)), { address, port });
      }),
    );
  });

  it('in any writing are the same address, and in the usual writing when read (RFC 5952)', () => {
    for (const [given, usual] of [
      ['::', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['::ffff:192.0.2.1', '::ffff:c000:201'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ] as const) {
      assert.equal(readSocketAddress(writeSocketAddress(given, 5)).address, usual);
    }
  });

  it('that are none are refused', () => {
    for (const text of ['', '1.2.3', '1.2.3.256', '1:2', '1:::2', 'g::', '1:2:3:4:5:6:7:8:9', 'example.org']) {
      assert.throws(() => writeSocketAddress(text, 1), RangeError, text);
    }
  });
});
