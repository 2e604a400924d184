// Keys by SIP INFO: `application/dtmf-relay` (Signal=, Duration=) and the plainer `application/dtmf`.

export interface InfoDigit {
  digit: string;
  durationMs: number;
}

const DIGIT = /^[0-9A-D*#]$/;
const DEFAULT_MS = 160;

/** The key an INFO carries; undefined when it carries none we know. */
export function digitFromInfo(contentType: string, body: string): InfoDigit | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (body.length > 1000) return undefined;
  if (type === 'application/dtmf-relay') return fromRelay(body);
  if (type === 'application/dtmf') return known(body.trim(), DEFAULT_MS);
  return undefined;
}

function fromRelay(body: string): InfoDigit | undefined {
  const fields = new Map<string, string>();
  for (const line of body.split(/\r\n|\n|\r/)) {
    const equals = line.indexOf('=');
    if (equals > 0) fields.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  const duration = Number(fields.get('duration') ?? DEFAULT_MS);
  return known(fields.get('signal') ?? '', Number.isFinite(duration) && duration > 0 ? Math.min(duration, 10_000) : DEFAULT_MS);
}

// Some phones send the RFC 4733 event number: 10 for `*`, 11 for `#`.
const EVENT_NUMBERS: Record<string, string> = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' };

function known(signal: string, durationMs: number): InfoDigit | undefined {
  const digit = (EVENT_NUMBERS[signal] ?? signal).toUpperCase();
  return DIGIT.test(digit) ? { digit, durationMs } : undefined;
}

/** The body of an INFO that sends one key. */
export function infoBody(digit: string): { contentType: string; body: string } {
  return { contentType: 'application/dtmf-relay', body: `Signal=${digit}\r\nDuration=${DEFAULT_MS}\r\n` };
}
