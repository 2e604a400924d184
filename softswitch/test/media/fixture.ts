import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DigitEvent, silentLogger } from '@yixian/contracts';
import {
  createMediaEngine,
  type MediaEngine,
  type MediaEngineOptions,
  type MediaParameters,
  type MediaSession,
} from '../../src/media/index.js';
import { Phone } from './phone.js';

export interface Line {
  phone: Phone;
  session: MediaSession;
  digits: DigitEvent[];
  timeouts: number[];
}

/** An engine with its own ports and folder, and phones on its lines; `end` frees all of it. */
export class Fixture {
  readonly engine: MediaEngine;
  folder = '';
  readonly #phones: Phone[] = [];

  constructor(options: Partial<MediaEngineOptions> = {}) {
    this.engine = createMediaEngine({ rtpPorts: { min: 31000, max: 31999 }, logger: silentLogger, ...options });
  }

  async begin(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'yixian-media-'));
    await this.engine.start();
  }

  async end(): Promise<void> {
    for (const phone of this.#phones.splice(0)) phone.close();
    await this.engine.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async line(codec: 'PCMA' | 'PCMU' = 'PCMA', over: Partial<MediaParameters> = {}, address = '127.0.0.1'): Promise<Line> {
    const phone = await this.phone(codec, address);
    const digits: DigitEvent[] = [];
    const timeouts: number[] = [];
    const session = await this.engine.open(address, {
      onDigit: (digit) => digits.push(digit),
      onMediaTimeout: () => timeouts.push(Date.now()),
    });
    phone.dial(session.rtpPort);
    session.configure(phone.parameters(over));
    return { phone, session, digits, timeouts };
  }

  async phone(codec: 'PCMA' | 'PCMU' = 'PCMA', address = '127.0.0.1'): Promise<Phone> {
    const phone = await Phone.open(codec, 0x1000 + this.#phones.length, address);
    this.#phones.push(phone);
    return phone;
  }

  /** Resolves when the media thread has bridged them: a packet sent before would be for nobody. */
  async bridge(a: MediaSession, b: MediaSession): Promise<void> {
    this.engine.route(
      new Map([
        [a, [b]],
        [b, [a]],
      ]),
    );
    await a.stats();
  }

  /** Two lines bridged, both talking. */
  async call(codecs: ['PCMA' | 'PCMU', 'PCMA' | 'PCMU'] = ['PCMA', 'PCMA']): Promise<{ a: Line; b: Line }> {
    const [a, b] = [await this.line(codecs[0]), await this.line(codecs[1])];
    await this.bridge(a.session, b.session);
    a.phone.talk(400);
    b.phone.talk(1000);
    await Promise.all([a.phone.hears(10), b.phone.hears(10)]);
    return { a, b };
  }
}

/** Waits, with a deadline, for something that no packet announces. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 8000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came: ${what}`);
}
