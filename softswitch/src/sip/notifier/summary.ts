import type { MessagesWaiting } from '@yixian/contracts';

const MOST = 2 ** 32 - 1;

function count(value: number): number {
  return Number.isFinite(value) ? Math.min(MOST, Math.max(0, Math.floor(value))) : 0;
}

/** The body of a message-summary NOTIFY (RFC 3842 §5.2): no urgent messages are kept. */
export function summaryBody(account: string, { newMessages, oldMessages }: MessagesWaiting): Buffer {
  const fresh = count(newMessages);
  return Buffer.from(
    [
      `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}`,
      `Message-Account: ${account}`,
      `Voice-Message: ${fresh}/${count(oldMessages)} (0/0)`,
      '',
    ].join('\r\n'),
  );
}
