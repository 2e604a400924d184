import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Nobody's: what is sent there is heard by none, and nothing says so. */
const NOBODY = '02:00:00:00:00:99';

type Way = 'a' | 'b';

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * A network namespace with two cables to this machine, `a` and `b`, of which one carries at a time; a browser in it reaches the hotline
 * at an address of its own (Linux, root). Nothing of it can be reached from outside.
 */
export class TwoNetworks {
  /** Where the hotline listens, the same through both. */
  readonly server: string;
  /** A script that runs Chromium inside. */
  readonly chromium: string;
  readonly #name: string;
  readonly #subnet: number;
  readonly #folder: string;

  private constructor() {
    this.#subnet = 4 * (process.pid % 60);
    this.#name = `yx${process.pid}`;
    this.server = `10.213.${this.#subnet}.1`;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'yixian-net-'));
    this.chromium = path.join(this.#folder, 'chromium');
    writeFileSync(this.chromium, `#!/bin/sh\nexec ip netns exec ${this.#name} ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  }

  /** @throws Error with the reason why this machine has no namespaces for us */
  static create(): TwoNetworks {
    const networks = new TwoNetworks();
    try {
      networks.#lay();
      return networks;
    } catch (error) {
      networks.remove();
      const { stderr, message } = error as { stderr?: Buffer; message: string };
      throw new Error(`no network namespaces here: ${stderr?.toString().trim() || message}`);
    }
  }

  #host(way: Way): { device: string; address: string } {
    return { device: `${this.#name}${way}`, address: `10.213.${this.#subnet + (way === 'a' ? 1 : 2)}.1` };
  }

  #inside(way: Way): { device: string; address: string } {
    return { device: `${this.#name}${way}n`, address: `10.213.${this.#subnet + (way === 'a' ? 1 : 2)}.2` };
  }

  #in(...args: string[]): void {
    ip('-n', this.#name, ...args);
  }

  #lay(): void {
    ip('netns', 'add', this.#name);
    this.#in('link', 'set', 'lo', 'up');
    ip('address', 'add', `${this.server}/32`, 'dev', 'lo');
    for (const way of ['a', 'b'] as const) {
      const [host, inside] = [this.#host(way), this.#inside(way)];
      ip('link', 'add', host.device, 'type', 'veth', 'peer', 'name', inside.device, 'netns', this.#name);
      ip('address', 'add', `${host.address}/24`, 'dev', host.device);
      ip('link', 'set', host.device, 'up');
    }
    this.#join('a');
  }

  /** An address, a way to everywhere: as a laptop does when it has found a network. */
  #join(way: Way): void {
    const { device, address } = this.#inside(way);
    this.#in('link', 'set', device, 'up');
    this.#in('address', 'replace', `${address}/24`, 'dev', device);
    this.#in('route', 'replace', 'default', 'via', this.#host(way).address);
  }

  /** The network goes on to look well, and carries nothing: a switch in between has died. */
  silence(way: Way): void {
    const [host, inside] = [this.#host(way), this.#inside(way)];
    ip('neighbour', 'replace', inside.address, 'lladdr', NOBODY, 'dev', host.device, 'nud', 'permanent');
    this.#in('neighbour', 'replace', host.address, 'lladdr', NOBODY, 'dev', inside.device, 'nud', 'permanent');
  }

  mend(way: Way): void {
    const [host, inside] = [this.#host(way), this.#inside(way)];
    ip('neighbour', 'delete', inside.address, 'dev', host.device);
    this.#in('neighbour', 'delete', host.address, 'dev', inside.device);
  }

  /** The cable is pulled, and both ends see it. */
  unplug(way: Way): void {
    ip('link', 'set', this.#host(way).device, 'down');
  }

  plug(way: Way): void {
    ip('link', 'set', this.#host(way).device, 'up');
  }

  /** The laptop has left one network and is in the other, with another address. */
  move(from: Way, to: Way): void {
    const { device, address } = this.#inside(from);
    this.#in('address', 'delete', `${address}/24`, 'dev', device);
    this.#in('link', 'set', device, 'down');
    this.#join(to);
  }

  remove(): void {
    for (const args of [
      ['link', 'delete', this.#host('a').device],
      ['link', 'delete', this.#host('b').device],
      ['address', 'delete', `${this.server}/32`, 'dev', 'lo'],
      ['netns', 'delete', this.#name],
    ]) {
      try {
        ip(...args);
      } catch {
        // it was never laid
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
