/** One call of an extension as a watcher sees it (RFC 4235 §3.7.1, §4.1). */
export interface DialogView {
  /** Unique among the dialogs of the extension. */
  id: string;
  /** initiator: the extension called; recipient: it was called. */
  direction: 'initiator' | 'recipient';
  state: 'trying' | 'early' | 'confirmed' | 'terminated';
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (c) => ESCAPES[c] as string);
}

/**
 * The body of a dialog NOTIFY: always the full state, so that nothing is lost with a NOTIFY. Who the others are is nobody's business.
 * @param version grows by one with each NOTIFY of a subscription, from 0
 */
export function dialogInfoBody(entity: string, version: number, dialogs: readonly DialogView[]): Buffer {
  const each = dialogs.map(
    ({ id, direction, state }) => `<dialog id="${escaped(id)}" direction="${direction}"><state>${state}</state></dialog>\r\n`,
  );
  return Buffer.from(
    `<?xml version="1.0"?>\r\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="full" entity="${escaped(entity)}">\r\n${each.join('')}</dialog-info>\r\n`,
  );
}
