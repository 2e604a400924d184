import { createSocket, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { raisePriority } from '../src/media/shell/priority.js';

// The load of the relay benchmark, in a process of its own so that its CPU is told apart: N phones on loopback that send G.711 and
// look at what comes. A packet carries its phone's number, its own number and the time at which it was sent, in octets 0–15 of
// its payload; the relay passes octets through when both legs have the same codec.
//
// in (IPC):  {targets: number[], seconds}     out: {ports}, then {loads}

const PAYLOAD = 160;
const TICK_MS = 1;
const SLOTS = 20;
/** Loss and delay are those after the first second. */
const WARM_UP_PACKETS = 50;

interface Phone {
  socket: Socket;
  packet: Buffer;
  sent: number;
  /** Numbers of the peer's packets that came. */
  got: Uint8Array;
  target: number;
  /** All packets that came, whatever was in them, and when the last one did. */
  heard: number;
  heardAt: number;
}

export interface LoadResult {
  sent: number;
  received: number;
  lost: number;
  delays: Spread;
  /** Fewest and most packets that came to one phone, and the times between two of a phone. */
  heard: { least: number; most: number };
  gaps: Spread;
}

interface Spread {
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

const phones: Phone[] = [];
const delays: number[] = [];
const gaps: number[] = [];
const MAX_PACKETS = 50 * 600;

async function openPhone(): Promise<Phone> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, answer) => answer(null, host, 4) });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const packet = Buffer.alloc(12 + PAYLOAD, 0xd5);
  packet[0] = 0x80;
  packet[1] = 8;
  packet.writeUInt32BE((Math.random() * 0xffffffff) >>> 0, 8);
  const phone: Phone = { socket, packet, sent: 0, got: new Uint8Array(MAX_PACKETS), target: 0, heard: 0, heardAt: 0 };
  socket.on('message', (b) => {
    if (b.length !== 12 + PAYLOAD) return;
    const now = performance.now();
    if (phone.heard++ >= WARM_UP_PACKETS) gaps.push(now - phone.heardAt);
    phone.heardAt = now;
    const n = b.readUInt32LE(16);
    if (n < MAX_PACKETS) phone.got[n] = 1;
    if (n >= WARM_UP_PACKETS && n < MAX_PACKETS) delays.push(now - b.readDoubleLE(20));
  });
  return phone;
}

function send(phone: Phone): void {
  const b = phone.packet;
  b.writeUInt16BE(phone.sent & 0xffff, 2);
  b.writeUInt32BE((phone.sent * PAYLOAD) >>> 0, 4);
  b.writeUInt32LE(phone.sent, 16);
  b.writeDoubleLE(performance.now(), 20);
  phone.sent++;
  phone.socket.send(Buffer.from(b), phone.target, '127.0.0.1');
}

/** Every phone has its own millisecond in twenty; by absolute deadlines, a stall is skipped. */
function run(seconds: number): Promise<void> {
  const start = performance.now();
  let tick = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.floor(performance.now() - start);
      if (due >= seconds * 1000) {
        clearInterval(timer);
        resolve();
        return;
      }
      for (; tick < due; tick++) for (let i = tick % SLOTS; i < phones.length; i += SLOTS) send(phones[i] as Phone);
    }, TICK_MS);
  });
}

/** The last packets are still on their way: waits until none has come for 300 ms, five seconds at most. */
async function settled(): Promise<void> {
  const deadline = performance.now() + 5000;
  for (let before = -1; before !== delays.length && performance.now() < deadline; ) {
    before = delays.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function result(): LoadResult {
  let [sent, received, lost] = [0, 0, 0];
  phones.forEach((phone, i) => {
    const peer = phones[i ^ 1];
    if (!peer) return;
    sent += peer.sent;
    for (let n = 0; n < Math.min(peer.sent, MAX_PACKETS); n++) {
      if (phone.got[n]) received++;
      else if (n >= WARM_UP_PACKETS) lost++;
    }
  });
  const heard = phones.map((phone) => phone.heard);
  const ends = { least: Math.min(...heard), most: Math.max(...heard) };
  return { sent, received, lost, delays: spread(delays), heard: ends, gaps: spread(gaps) };
}

// Delays are taken here: what this process waits for the processor would count as the engine's.
raisePriority('realtime', (priority, reason) => {
  if (priority === 'normal') console.error(`the load runs with normal priority (${reason}): its own waiting is part of the delays`);
});

process.on('message', async (message: { open: number } | { targets: number[]; seconds: number }) => {
  if ('open' in message) {
    for (let i = 0; i < message.open; i++) phones.push(await openPhone());
    process.send?.({ ports: phones.map(({ socket }) => socket.address().port) });
    return;
  }
  message.targets.forEach((target, i) => {
    const phone = phones[i];
    if (phone) phone.target = target;
  });
  await run(message.seconds);
  await settled();
  process.send?.({ load: result() });
  for (const { socket } of phones) socket.close();
  process.disconnect();
});
process.on('disconnect', () => process.exit());
