import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { en } from '../src/locales/en/index.js';
import { zh } from '../src/locales/zh/index.js';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

function strings(tree: object, at = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const name = at === '' ? key : `${at}.${key}`;
    if (typeof value === 'string') found.set(name, value);
    else for (const [inner, text] of strings(value as object, name)) found.set(inner, text);
  }
  return found;
}

const placeholders = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? '').sort();

describe('the catalogues', () => {
  it('have the same strings in Chinese and English, none of them empty', () => {
    const [a, b] = [strings(zh), strings(en)];
    assert.ok(a.size > 100, 'this test would be empty otherwise');
    assert.deepEqual([...a.keys()].sort(), [...b.keys()].sort());
    const empty = [...a, ...b].filter(([, text]) => text.trim() === '').map(([name]) => name);
    assert.deepEqual(empty, []);
  });

  it('put the same values into both languages', () => {
    const english = strings(en);
    const other = [...strings(zh)].filter(([name, text]) => {
      const mine = placeholders(text);
      const theirs = placeholders(english.get(name) ?? '');
      return JSON.stringify(mine) !== JSON.stringify(theirs);
    });
    assert.deepEqual(
      other.map(([name]) => name),
      [],
    );
  });

  it('hold every Chinese string there is: none stands in a component', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.tsx?$/.test(name) && !name.startsWith('locales'),
    );
    assert.ok(files.length > 10);
    const faults = files.flatMap((name) =>
      readFileSync(path.join(SOURCES, name), 'utf8')
        .split('\n')
        .map((line, i) => ({ line, at: `${name}:${i + 1}` }))
        // the language's own name is the same in every language; comments may use the field's terms
        .filter(({ line }) => /\p{Script=Han}/u.test(line.replace(/'中文'/g, '').replace(/\/\*.*?\*\/|\/\/.*$|^\s*(\/\*\*|\*).*$/g, '')))
        .map(({ at, line }) => `${at} ${line.trim().slice(0, 80)}`),
    );
    assert.deepEqual(faults, []);
  });
});
