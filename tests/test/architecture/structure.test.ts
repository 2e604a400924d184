import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOOKED_AT, LOOKED_AT_ELSEWHERE } from '../../src/browser/pages.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const STAGES = ['softswitch', 'sbc', 'ivr', 'acd', 'recorder', 'agent-gateway', 'admin', 'db'];
const PACKAGES = ['contracts', ...STAGES, 'server'];

interface Source {
  file: string;
  text: string;
  imports: string[];
}

function sourcesUnder(folder: string): Source[] {
  const absolute = path.join(ROOT, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = path.join(folder, name);
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      const imports = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g)].map(
        (m) => m[1] ?? m[2] ?? '',
      );
      return { file, text, imports };
    });
}

const all = PACKAGES.flatMap((name) => sourcesUnder(`${name}/src`));
const target = (from: string, specifier: string) => path.normalize(path.join(path.dirname(from), specifier.replace(/\.js$/, '.ts')));

describe('architecture', () => {
  it('finds the sources of every package (this suite would be empty otherwise)', () => {
    for (const name of PACKAGES)
      assert.ok(
        all.some((s) => s.file.startsWith(`${name}/`)),
        `${name} has no sources`,
      );
    assert.ok(all.some((s) => s.imports.includes('@yixian/contracts')));
  });

  it('stages import contracts and no other stage; only server composes', () => {
    const faults = all
      .filter((s) => !s.file.startsWith('server/'))
      .flatMap((s) => s.imports.filter((i) => i.startsWith('@yixian/') && i !== '@yixian/contracts').map((i) => `${s.file} imports ${i}`));
    assert.deepEqual(faults, []);
  });

  it('no relative import leaves its package', () => {
    const faults = all.flatMap((s) =>
      s.imports
        .filter((i) => i.startsWith('.') && target(s.file, i).split('/')[0] !== s.file.split('/')[0])
        .map((i) => `${s.file} imports ${i}`),
    );
    assert.deepEqual(faults, []);
  });

  it('core is pure: no node modules, no shell, no clock, no randomness', () => {
    const faults: string[] = [];
    for (const s of all.filter((one) => one.file.includes('/src/core/'))) {
      for (const i of s.imports) {
        if (i.startsWith('node:')) faults.push(`${s.file} imports ${i}`);
        if (i.startsWith('.') && !target(s.file, i).includes('/core/')) faults.push(`${s.file} leaves core for ${i}`);
      }
      for (const word of ['Date.now', 'Math.random', 'setTimeout(', 'setInterval(', 'process.env', 'process.hrtime', 'randomBytes']) {
        if (s.text.includes(word)) faults.push(`${s.file} uses ${word}`);
      }
    }
    assert.deepEqual(faults, []);
  });

  it('the queue simulator is pure: virtual time and seeded chance only', () => {
    const faults: string[] = [];
    const simulator = all.filter((one) => one.file.includes('/src/simulator/'));
    for (const s of simulator) {
      for (const i of s.imports) {
        if (i.startsWith('node:') || i.includes('/shell/')) faults.push(`${s.file} imports ${i}`);
      }
      for (const word of ['Date', 'Math.random', 'setTimeout', 'setInterval', 'setImmediate', 'performance.', 'process.']) {
        if (s.text.includes(word)) faults.push(`${s.file} uses ${word}`);
      }
    }
    assert.ok(simulator.length > 4);
    assert.deepEqual(faults, []);
  });

  it('only server/src/config.ts reads the environment', () => {
    const faults = all.filter((s) => s.text.includes('process.env') && s.file !== 'server/src/config.ts').map((s) => s.file);
    assert.deepEqual(faults, []);
  });

  it('in the softswitch, SIP and media know nothing of each other', () => {
    const crossing = (from: string, to: string) =>
      all
        .filter((s) => s.file.startsWith(`softswitch/src/${from}/`))
        .flatMap((s) =>
          s.imports
            .filter((i) => i.startsWith('.') && target(s.file, i).startsWith(`softswitch/src/${to}/`))
            .map((i) => `${s.file} imports ${i}`),
        );
    assert.deepEqual([...crossing('sip', 'media'), ...crossing('media', 'sip')], []);
  });

  it('has no import cycles', () => {
    const graph = new Map(all.map((s) => [s.file, s.imports.filter((i) => i.startsWith('.')).map((i) => target(s.file, i))]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      state.set(file, 'done');
    };
    for (const file of graph.keys()) visit(file, []);
    assert.deepEqual(cycles, []);
  });

  it('docs/where-is.md points only at files that exist', () => {
    const text = readFileSync(path.join(ROOT, 'docs/where-is.md'), 'utf8');
    const named = [...text.matchAll(/`([\w./-]+\/[\w./-]+)`/g)].map((m) => m[1] ?? '');
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((file) => !existsSync(path.join(ROOT, file))),
      [],
    );
  });

  it('docs/proof-faces.md names tests that there are, by their beginnings', () => {
    const text = readFileSync(path.join(ROOT, 'docs/proof-faces.md'), 'utf8');
    const named = [...text.matchAll(/`browser\/([\w-]+)`(?: \(([^)]*)\))?/g)];
    assert.ok(named.length > 40);
    const missing = named.flatMap(([, file, tests]) => {
      const source = path.join(ROOT, 'tests/test/browser', `${file}.test.ts`);
      if (!existsSync(source)) return [`${file}`];
      const written = readFileSync(source, 'utf8');
      const wanted = [...(tests ?? '').matchAll(/“([^”]*?)(?: …)?”/g)].map((m) => m[1] ?? '');
      return wanted.filter((name) => !written.includes(`it('${name}`)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(missing, []);
  });

  it('every page of the router is looked at for accessibility: a new one cannot be forgotten', () => {
    const router = readFileSync(path.join(ROOT, 'web/src/app/pages.tsx'), 'utf8');
    const routes = [...router.matchAll(/^ {4}path: '([\w/-]+)',$/gm)].map((m) => m[1] ?? '');
    assert.equal(routes.length, router.match(/^ {4}page: /gm)?.length, 'every page there is was read');
    assert.deepEqual([...routes].sort(), [...LOOKED_AT, ...Object.keys(LOOKED_AT_ELSEWHERE)].sort());
    for (const file of ['admin-looks.test.ts', ...Object.values(LOOKED_AT_ELSEWHERE)]) {
      const text = readFileSync(path.join(ROOT, 'tests/test/browser', file), 'utf8');
      assert.match(text, /await accessibilityFaults\(/, `${file} asks for no faults of accessibility`);
    }
  });
});
