import type { SipMessage } from './message.js';

/** Line breaks in a value would let one header become two: they are never written. */
function safe(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === 13 || c === 10 || c === 0) return value.replace(/[\r\n\0]+/g, ' ');
  }
  return value;
}

/** The bytes of a message. Content-Length is always written, from the body. */
export function serialize(message: SipMessage): Buffer {
  let head =
    message.kind === 'request'
      ? `${message.method} ${safe(message.uri)} ${message.version}\r\n`
      : `${message.version} ${message.status} ${safe(message.reason)}\r\n`;
  for (const h of message.headers) {
    if (h.key !== 'content-length') head += `${h.name}: ${safe(h.value)}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  return message.body.length === 0 ? Buffer.from(head, 'utf8') : Buffer.concat([Buffer.from(head, 'utf8'), message.body]);
}
