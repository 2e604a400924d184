import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';

const LAYERS: Record<string, readonly string[]> = {
  transport: [],
  parser: [],
  transaction: ['transport', 'parser'],
  dialog: ['parser'],
  digest: ['parser'],
  registrar: ['parser', 'dialog'],
  notifier: ['parser'],
  relay: ['transport', 'parser', 'transaction', 'registrar'],
  ua: ['transport', 'parser', 'transaction', 'dialog', 'digest', 'registrar', 'notifier', 'relay'],
};

/** Files that may hold sockets, DNS or the machine's interfaces. */
const IMPURE = new Set([
  'transport/udp.ts',
  'transport/tcp.ts',
  'transport/tcp-connection.ts',
  'transport/resolve.ts',
  'transport/local-address.ts',
]);

const root = new URL('../../../src/sip/', import.meta.url);

describe('the layers of the SIP stack', () => {
  for (const [layer, below] of Object.entries(LAYERS)) {
    it(`${layer} imports only downward, touches no global timer, and no socket outside its shell`, async () => {
      for (const file of await readdir(new URL(`${layer}/`, root))) {
        const source = await readFile(new URL(`${layer}/${file}`, root), 'utf8');
        for (const [, folder] of source.matchAll(/from '\.\.\/([a-z]+)\//g)) {
          assert.ok(folder === layer || below.includes(folder ?? ''), `${layer}/${file} imports ${folder}`);
        }
        assert.equal(/\b(setTimeout|setInterval|Date\.now|Math\.random|process\.[a-z])/.test(source), false, `${layer}/${file}`);
        const sockets = /from 'node:(dgram|net|dns|dns\/promises|os)'/.test(source.replace(/import \{ isIP \} from 'node:net';/, ''));
        assert.equal(sockets && !IMPURE.has(`${layer}/${file}`), false, `${layer}/${file} opens sockets`);
      }
    });
  }
});
