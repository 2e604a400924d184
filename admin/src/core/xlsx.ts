// The parts of a workbook with one sheet (ECMA-376, SpreadsheetML). Texts stand in their cells: whatever a caller's number or name
// looks like, it is never a formula.

export interface Column<T> {
  heading: string;
  /** Of the column, in characters. */
  width: number;
  /** A point in time, a duration, a part of 1. Undefined and null leave the cell empty. */
  value(row: T): string | number | { serial: number } | { seconds: number } | { share: number } | null | undefined;
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
/** Longest text of a cell. */
const MAX_TEXT = 32_767;

/** Style numbers of `styles.xml` below. */
const BOLD = 1;
const TIME = 2;
const DURATION = 3;
const SHARE = 4;
const DAY_SECONDS = 86_400;

/** Name → content of every part but the sheet itself. */
export function workbookParts(sheetName: string): Record<string, string> {
  return {
    '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${OFFICE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${OFFICE}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${OFFICE}.styles+xml"/></Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets><sheet name="${escaped(sheetName)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="46" applyNumberFormat="1"/><xf numFmtId="10" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
}

/** The sheet, piece by piece: headings, then a row for each. */
export function* sheetXml<T>(columns: readonly Column<T>[], rows: Iterable<T>): Generator<string> {
  const widths = columns.map(({ width }, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`).join('');
  const frozen = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>';
  yield `${XML}<worksheet xmlns="${MAIN}">${frozen}<cols>${widths}</cols><sheetData>`;
  yield `<row r="1">${columns.map(({ heading }, i) => cell(`${letters(i)}1`, heading, BOLD)).join('')}</row>`;
  let n = 1;
  for (const row of rows) {
    n += 1;
    yield `<row r="${n}">${columns.map(({ value }, i) => cell(`${letters(i)}${n}`, value(row))).join('')}</row>`;
  }
  yield `</sheetData>${columns.length > 0 ? `<autoFilter ref="A1:${letters(columns.length - 1)}${n}"/>` : ''}</worksheet>`;
}

function cell(at: string, value: ReturnType<Column<unknown>['value']>, style?: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return styled(at, value);
  if (typeof value === 'number') return Number.isFinite(value) ? `<c r="${at}"><v>${value}</v></c>` : '';
  const text = escaped(value.slice(0, MAX_TEXT));
  return `<c r="${at}"${style === undefined ? '' : ` s="${style}"`} t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
}

/** Number formats 46 `[h]:mm:ss` and 10 `0.00%` are built in (ECMA-376 part 1, 18.8.30). */
function styled(at: string, value: { serial: number } | { seconds: number } | { share: number }): string {
  if ('serial' in value) return `<c r="${at}" s="${TIME}"><v>${value.serial}</v></c>`;
  if ('seconds' in value) return `<c r="${at}" s="${DURATION}"><v>${value.seconds / DAY_SECONDS}</v></c>`;
  return `<c r="${at}" s="${SHARE}"><v>${value.share}</v></c>`;
}

/** A, B … Z, AA … */
function letters(index: number): string {
  const rest = Math.floor(index / 26) - 1;
  return (rest >= 0 ? letters(rest) : '') + String.fromCharCode(65 + (index % 26));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What XML 1.0 cannot hold (§2.2) becomes U+FFFD. */
function escaped(text: string): string {
  const legal = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
  return legal.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
