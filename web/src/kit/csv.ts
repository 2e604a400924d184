// Tables as text (RFC 4180), in and out.

/** Rows of a CSV text as objects by the names of its first line. */
export function csvRows(text: string): Record<string, string>[] {
  const [head, ...lines] = csvLines(text.replace(/^\uFEFF/, ''));
  return lines
    .filter((cells) => cells.some((cell) => cell.trim() !== ''))
    .map((cells) => Object.fromEntries((head ?? []).map((name, i) => [name.trim(), (cells[i] ?? '').trim()])));
}

function csvLines(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, separator, quoted, plain] of text.matchAll(/(^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^,\r\n]*))/g)) {
    if (separator?.endsWith('\n')) lines.push([]);
    lines.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
  }
  return lines;
}

type Cell = string | number | null | undefined;

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A CSV that spreadsheets open in UTF-8; a text that they would take for a formula is kept a text. */
export function csvText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    if (typeof value === 'number') return String(value);
    const text = FORMULA.test(value ?? '') ? `'${value}` : (value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
