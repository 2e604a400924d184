import { DomainError, type FieldProblem } from '@yixian/contracts';
import { fieldProblem } from '../field-fault.js';

export interface CsvRow {
  /** From 1, the head line counted: as an editor or a spreadsheet shows it. */
  line: number;
  row: Record<string, string>;
  /** What is wrong with the line as such; its row is not to be used. */
  problem?: string;
}

/**
 * Rows of a CSV text (RFC 4180: quotes, doubled quotes, line breaks within quotes), as objects by the names of its first
 * line. A byte order mark and empty lines are left out.
 * @throws DomainError `bad-request` naming the line, where the following ones cannot be told apart
 */
export function* csvRows(text: string, known: readonly string[]): Generator<CsvRow> {
  let columns: string[] | undefined;
  for (const { line, cells } of csvLines(text.replace(/^\uFEFF/, ''))) {
    if (cells.length === 1 && cells[0]?.trim() === '') continue;
    if (columns === undefined) {
      columns = cells.map((cell) => cell.trim());
      const other = columns.find((name) => !known.includes(name));
      if (other !== undefined)
        throw lineError(line, `there is no column ${other}; the first line names columns out of ${known.join(', ')}`);
      continue;
    }
    const tooMany = cells.length > columns.length ? { problem: `has ${cells.length} values for ${columns.length} columns` } : {};
    yield { line, ...tooMany, row: Object.fromEntries(columns.map((name, i) => [name, (cells[i] ?? '').trim()])) };
  }
}

/** As many faults as are told; whoever has mended those hears of the others. */
const MOST_TOLD = 100;

/** Gathers what is wrong with the entries of a body, so that an administrator mends all of a file at once. */
export class EntryFaults {
  readonly #told: FieldProblem[] = [];
  #count = 0;

  /** @param field e.g. `line 7` or `entries.6.number` */
  add(field: string, problem: string): void {
    this.#count += 1;
    if (this.#told.length < MOST_TOLD) this.#told.push(fieldProblem(field, problem));
  }

  /** @throws DomainError `bad-request` with every fault in `fields`, when there is one */
  assertNone(): void {
    const [first] = this.#told;
    if (!first) return;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : '';
    const message = `body ${first.field}: ${first.problem}${more}`;
    throw new DomainError('bad-request', message, { in: 'body', fields: this.#told, faults: this.#count });
  }
}

export function lineError(line: number, problem: string): DomainError {
  const field = `line ${line}`;
  return new DomainError('bad-request', `body ${field}: ${problem}`, { in: 'body', fields: [fieldProblem(field, problem)] });
}

function* csvLines(text: string): Generator<{ line: number; cells: string[] }> {
  let [at, line] = [0, 1];
  while (at < text.length) {
    const began = line;
    const cells: string[] = [];
    for (;;) {
      const cell = text[at] === '"' ? quoted(text, at, line) : plain(text, at);
      cells.push(cell.value);
      line += cell.breaks;
      at = cell.end;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    yield { line: began, cells };
  }
}

interface Cell {
  value: string;
  end: number;
  breaks: number;
}

const END = /[,\r\n]/g;

function plain(text: string, from: number): Cell {
  END.lastIndex = from;
  const end = END.exec(text)?.index ?? text.length;
  return { value: text.slice(from, end), end, breaks: 0 };
}

function quoted(text: string, from: number, line: number): Cell {
  let value = '';
  for (let at = from + 1; ; ) {
    const close = text.indexOf('"', at);
    if (close < 0) throw lineError(line, 'a quotation mark is not closed');
    value += text.slice(at, close);
    if (text[close + 1] !== '"') {
      if (close + 1 < text.length && !/[,\r\n]/.test(text[close + 1] ?? ''))
        throw lineError(line, 'there is text after a closing quotation mark');
      return { value, end: close + 1, breaks: value.split('\n').length - 1 };
    }
    value += '"';
    at = close + 2;
  }
}
