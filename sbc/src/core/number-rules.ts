/** A compiled rule of numbers a trunk may be used to call. */
export interface NumberRule {
  readonly source: string;
  matches(number: string): boolean;
}

/** Longest number that is ever matched or sent to a trunk. */
export const MAX_NUMBER_LENGTH = 32;
const MAX_RULE_LENGTH = 256;
/** Ways in which one number may be tried against a rule, at most: keeps a match far below a millisecond. */
const MAX_WAYS = 100_000;

const NUMBER = /^\+?[0-9*#]{1,31}$/;

/** Whether this can be a telephone number: digits, `*`, `#`, a leading `+`, at most 32 characters. */
export function isDialable(number: string): boolean {
  return NUMBER.test(number);
}

/** Takes out the visual separators of RFC 3966 §5.1.1 (`-`, `.`, `(`, `)`). */
export function stripSeparators(number: string): string {
  return /^[-+0-9*#().]{1,64}$/.test(number) ? number.replace(/[-().]/g, '') : number;
}

/**
 * Compiles a rule. It has to match the whole number, with or without its own `^` and `$`: a rule that forgets them must
 * not let longer, dearer numbers through. Understood are digits, `+ * #` (escaped where they would mean something else),
 * `\d`, `.`, `[…]`, `(…)`, `(?:…)`, `|` and the quantifiers `? * + {n} {n,} {n,m}`. Rules that could be tried in too
 * many ways (nested repetition) are refused, so no dialled number can stall the process.
 * @throws Error naming what is wrong and where
 */
export function compileRule(source: string): NumberRule {
  if (source.length === 0 || source.length > MAX_RULE_LENGTH) {
    throw new Error(`a number rule has 1–${MAX_RULE_LENGTH} characters, this one ${source.length}`);
  }
  const ways = new RuleReader(source).ways();
  if (!(ways <= MAX_WAYS)) throw new Error(`number rule ${source}: repetition inside repetition could be tried in too many ways`);
  const regex = new RegExp(`^(?:${source})$`);
  return { source, matches: (number) => isDialable(number) && regex.test(number) };
}

/** Walks a rule once and bounds the ways it can be tried: alternatives add, what stands in a row multiplies. */
class RuleReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  ways(): number {
    const ways = this.#alternatives();
    if (this.#at < this.#source.length) this.#fail('")" without "("');
    return ways;
  }

  #alternatives(): number {
    let ways = this.#sequence();
    while (this.#peek() === '|') {
      this.#at++;
      ways += this.#sequence();
    }
    return ways;
  }

  #sequence(): number {
    let ways = 1;
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      if (next === '^' || next === '$') {
        this.#at++;
        continue;
      }
      const atom = this.#atom(next);
      ways *= this.#repeated(atom);
    }
    return ways;
  }

  #atom(first: string): number {
    if (first === '(') return this.#group();
    if (first === '[') this.#charClass();
    else if (first === '\\') this.#escape();
    else if (/[0-9#.+*?{}\]]/.test(first) === false) this.#fail(`"${first}" cannot stand in a number`);
    else if (/[+*?{}\]]/.test(first)) this.#fail(`"${first}" has nothing before it; write "\\${first}" for the key itself`);
    else this.#at++;
    return 1;
  }

  #group(): number {
    this.#at++;
    if (this.#peek() === '?') {
      if (!this.#source.startsWith('?:', this.#at)) this.#fail('only (…) and (?:…) are understood');
      this.#at += 2;
    }
    const ways = this.#alternatives();
    if (this.#peek() !== ')') this.#fail('"(" without ")"');
    this.#at++;
    return ways;
  }

  #charClass(): void {
    const close = this.#source.indexOf(']', this.#at + 1);
    if (close < 0) this.#fail('"[" without "]"');
    if (!/^\^?[0-9*#+\-d\\]+$/.test(this.#source.slice(this.#at + 1, close))) this.#fail('a [class] holds digits, ranges, *, # and +');
    this.#at = close + 1;
  }

  #escape(): void {
    const next = this.#source[this.#at + 1] ?? '';
    if (!/^[d*+#.]$/.test(next)) this.#fail(`"\\${next}" is not understood here`);
    this.#at += 2;
  }

  #repeated(ways: number): number {
    const match = /^(?:[?*+]|\{(\d{1,3})(,(\d{0,3}))?\})/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (!match) return ways;
    this.#at += match[0].length;
    if (this.#peek() === '?') this.#fail('lazy repetition is not understood');
    const { min, max } = bounds(match);
    if (min > max) this.#fail('a repetition counts upward');
    return ways ** max * (max - min + 1);
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  #fail(why: string): never {
    throw new Error(`number rule ${this.#source}, position ${this.#at + 1}: ${why}`);
  }
}

function bounds(match: RegExpExecArray): { min: number; max: number } {
  if (match[0] === '?') return { min: 0, max: 1 };
  if (match[0] === '*') return { min: 0, max: MAX_NUMBER_LENGTH };
  if (match[0] === '+') return { min: 1, max: MAX_NUMBER_LENGTH };
  const min = Number(match[1]);
  if (match[2] === undefined) return { min, max: min };
  return { min, max: match[3] ? Number(match[3]) : Math.max(min, MAX_NUMBER_LENGTH) };
}
