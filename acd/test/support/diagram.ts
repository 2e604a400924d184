import { readFileSync } from 'node:fs';

export interface Arrow {
  from: string;
  label: string;
  to: string;
}

/** The arrows `a ──label──▶ b` of the diagrams in the comments of a source file of this package. */
export function arrowsIn(sourceFile: string): Arrow[] {
  const text = readFileSync(new URL(`../../../${sourceFile}`, import.meta.url), 'utf8');
  const arrows: Arrow[] = [];
  for (const line of text.split('\n')) {
    if (!/^\s*\*.*──▶/.test(line)) continue;
    const parts = line.replace(/^\s*\*\s*/, '').split(/\s*──([a-z-]+)──▶\s*/);
    for (let n = 0; n + 2 < parts.length; n += 2) {
      const word = (at: number): string => (parts[at] ?? '').trim().split(/\s/)[0] ?? '';
      arrows.push({ from: word(n), label: word(n + 1), to: word(n + 2) });
    }
  }
  return arrows;
}

export function sorted(arrows: Arrow[]): string[] {
  return [...new Set(arrows.map((a) => `${a.from} --${a.label}--> ${a.to}`))].sort();
}
