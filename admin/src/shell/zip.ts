import { Readable } from 'node:stream';
import type { AudioSource } from '@yixian/contracts';
import yazl from 'yazl';
import { type Column, sheetXml, workbookParts } from '../core/xlsx.js';

/** Content type of a workbook. */
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A workbook of one sheet, made while it is read. */
export function workbook<T>(sheetName: string, columns: readonly Column<T>[], rows: readonly T[], at: Date): Readable {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(workbookParts(sheetName))) zip.addBuffer(Buffer.from(content), name, { mtime: at });
  zip.addReadStream(Readable.from(buffered(sheetXml(columns, rows))), 'xl/worksheets/sheet1.xml', { mtime: at });
  zip.end();
  return zip.outputStream as unknown as Readable;
}

/** Rows are small: they go on in pieces of some size. */
function* buffered(pieces: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < 64 * 1024) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

export interface ZipEntry {
  name: string;
  at: Date;
  /** Asked for when its turn has come, so that one file at a time is open. Undefined: left out. */
  open(): Promise<AudioSource | undefined>;
}

/**
 * The list and its audio. Audio goes in as it is: to compress it would take the processor from the calls.
 * @returns what is read by whoever downloads it, at his pace; destroyed with it
 */
export function zipOf(list: { name: string; content: Readable; at: Date }, entries: readonly ZipEntry[]): Readable {
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as unknown as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  zip.addReadStream(list.content, list.name, { mtime: list.at, compress: false });
  for (const { name, at, open } of entries) {
    zip.addReadStreamLazy(name, { mtime: at, compress: false }, (give) => {
      open().then(
        (source) => give(null, Readable.from(source ? source.read(0, source.bytes) : [])),
        (error: Error) => give(error, Readable.from([])),
      );
    });
  }
  zip.end();
  return output;
}
