/** `Name: value` lines of a message, names in lower case. */
export function headersOf(text: string): Map<string, string> {
  const head = text.split('\r\n\r\n', 1)[0] ?? '';
  return new Map(
    head.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const] : [];
    }),
  );
}

export function bodyOf(text: string): string {
  const at = text.indexOf('\r\n\r\n');
  return at < 0 ? '' : text.slice(at + 4);
}

/** An SDP of one PCMA stream with telephone-event. */
export function sdpAt(address: string, port: number): string {
  const lines = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/AVP 8 101`];
  return `${[...lines, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv'].join('\r\n')}\r\n`;
}
