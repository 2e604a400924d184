// JSON as it is written by hand: where each value stands, and where the first fault is. `JSON.parse` tells the latter in words that
// differ between browsers, and the former not at all.

/** A text that is no JSON. `offset` counts UTF-16 units from the beginning. */
export class JsonFault extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super(`no JSON at ${offset}`);
    this.offset = offset;
  }
}

export interface JsonText {
  value: unknown;
  /** Where the value at a path begins (`nodes.ask.choices.0.next`), as an offset in the text; of a property, where its name begins. */
  offsets: ReadonlyMap<string, number>;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Deeper nesting is no flow, and is refused before the stack is. */
const DEEPEST = 100;

/** @throws JsonFault where the text is no JSON any more */
export function readJson(text: string): JsonText {
  const offsets = new Map<string, number>();
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skip = (): void => void take(SPACE);
  const expect = (mark: string): void => {
    skip();
    if (text[at] !== mark) throw new JsonFault(at);
    at += 1;
  };
  const next = (mark: string): boolean => {
    skip();
    if (text[at] !== mark) return false;
    at += 1;
    return true;
  };

  function members(end: string, path: string, depth: number, named: boolean): void {
    if (depth > DEEPEST) throw new JsonFault(at);
    if (next(end)) return;
    for (let i = 0; ; i++) {
      skip();
      const begin = at;
      let name = String(i);
      if (named) {
        const key = take(STRING);
        if (key === undefined) throw new JsonFault(at);
        name = JSON.parse(key) as string;
        expect(':');
      }
      const own = path === '' ? name : `${path}.${name}`;
      offsets.set(own, begin);
      value(own, depth + 1);
      if (next(end)) return;
      expect(',');
    }
  }
  function value(path: string, depth: number): void {
    skip();
    if (next('{')) members('}', path, depth, true);
    else if (next('[')) members(']', path, depth, false);
    else if (take(STRING) === undefined && (take(SCALAR) ?? '') === '') throw new JsonFault(at);
  }

  value('', 0);
  skip();
  if (at < text.length) throw new JsonFault(at);
  return { value: JSON.parse(text), offsets };
}

/** Where an offset stands, counted from 1 as editors do. */
export function lineOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The offset of the value at the path, or of the nearest thing around it that is written. */
export function offsetOf(offsets: ReadonlyMap<string, number>, path: string): number {
  for (let parts = path.split('.'); parts.length > 0; parts = parts.slice(0, -1)) {
    const found = offsets.get(parts.join('.'));
    if (found !== undefined) return found;
  }
  return 0;
}
