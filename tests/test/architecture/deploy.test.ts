import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Service {
  image?: string;
  network_mode?: string;
  ports?: string[];
  environment?: Record<string, string>;
  command?: string[];
}

describe('deploy/', () => {
  const text = read('deploy/compose.yaml');
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  const hotlines = Object.entries(services).filter(([name]) => name.startsWith('yixian'));

  it('has the parts of a hotline, two of them Yixian with names and ports of their own', () => {
    assert.deepEqual(Object.keys(services).sort(), ['drachtio', 'freeswitch', 'postgres', 'redis', 'yixian-a', 'yixian-b']);
    for (const variable of ['HOTLINE_NODE', 'HTTP_PORT', 'RTP_PORTS', 'FREESWITCH_LISTEN_PORTS']) {
      const values = hotlines.map(([, { environment }]) => environment?.[variable]);
      assert.ok(values.every(Boolean) && new Set(values).size === 2, `${variable}: ${values}`);
    }
  });

  it('gives Yixian no variable that it does not know', () => {
    const known = read('server/src/config.ts');
    for (const [name, { environment = {} }] of hotlines) {
      for (const variable of Object.keys(environment)) assert.match(known, new RegExp(`\\b${variable}: `), `${name}: ${variable}`);
    }
  });

  it('has no secret, address or image by default: each is asked for by name, and explained', () => {
    const asked = [...text.matchAll(/\$\{(\w+)(:\?)?\}/g)];
    for (const [whole, , required] of asked) assert.ok(required, `${whole} would be empty without a word`);
    const example = read('deploy/.env.example');
    const names = new Set(asked.map(([, name]) => name as string));
    for (const name of names) assert.match(example, new RegExp(`^${name}=$`, 'm'), `${name} is explained and has no value`);
    for (const [, name] of example.matchAll(/^(\w+)=/gm)) assert.ok(names.has(name as string), `${name} is used`);
  });

  it('opens no port of a database or a control socket to others', () => {
    for (const [name, { ports }] of Object.entries(services)) assert.equal(ports, undefined, name);
    assert.ok(services.postgres?.command?.includes('listen_addresses=127.0.0.1'));
    assert.match(services.redis?.command?.join(' ') ?? '', /--bind 127\.0\.0\.1 /);
    assert.match(read('deploy/drachtio/drachtio.conf.xml'), /<admin port="\d+">127\.0\.0\.1<\/admin>/);
    assert.match(read('deploy/freeswitch/freeswitch.xml'), /data="esl_address=127\.0\.0\.1"/);
  });

  it('documents every variable of the configuration in the README', () => {
    const names = [...read('server/src/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): (?:z|port)\b/gm)].map(([, name]) => name as string);
    assert.ok(names.length > 15, names.join(' '));
    const readme = read('README.md');
    for (const name of names) assert.ok(readme.includes(`\`${name}\``), `${name} stands in README.md`);
  });
});
