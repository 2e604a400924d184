import { type CallId, isoTime, type SipMessageView, type SipTrace, type SipTraceMessage, type SipTraceView } from '@yixian/contracts';

/** How a trace is shown to somebody. */
export interface SipTraceLook {
  callId: CallId;
  keptDays: number;
  /** Numbers as they are shown to this role where it sees them masked; undefined: as they are, with the text. */
  mask: ((number: string) => string) | undefined;
}

interface Head {
  startLine: string;
  method: string;
  status: number | null;
  sipCallId: string;
  cseq: string;
  from: string;
  to: string;
  sdp: boolean;
  /** By what a message of the same transaction is known again (RFC 3261 §17.1.3, §17.2.3). */
  branch: string;
}

/** What is read out of the text of each message, with those that came or went before marked as retransmissions. */
export function sipTraceView(trace: SipTrace, { callId, keptDays, mask }: SipTraceLook): SipTraceView {
  const seen = new Set<string>();
  const messages = trace.messages.map((message): SipMessageView => {
    const head = headOf(message.text);
    const same = identityOf(message, head);
    const retransmission = seen.has(same);
    seen.add(same);
    const { branch: _, startLine, ...shown } = head;
    return {
      n: message.n,
      at: isoTime(message.at),
      direction: message.direction,
      transport: message.transport,
      local: message.local,
      remote: message.remote,
      ...shown,
      startLine: mask ? maskedLine(startLine, mask) : startLine,
      retransmission,
      bytes: message.bytes,
      cut: message.cut ?? false,
      failure: message.failure ?? null,
      text: mask ? null : asUtf8(message.text),
    };
  });
  return { callId, messages, dropped: trace.dropped, masked: mask !== undefined, keptDays };
}

/** The whole as a text, as sngrep and ngrep write it: time, from where to where, the message. */
export function sipTraceText(trace: SipTrace, callId: CallId): string {
  const { messages, dropped } = sipTraceView(trace, { callId, keptDays: 0, mask: undefined });
  const blocks = messages.map((m) => {
    const [from, to] = m.direction === 'received' ? [m.remote, m.local] : [m.local, m.remote];
    const remarks = [
      m.retransmission ? ' (retransmission)' : '',
      m.cut ? ` (cut, ${m.bytes} bytes)` : '',
      m.failure === null ? '' : ` (not sent: ${m.failure})`,
    ];
    return `${m.at} ${from} -> ${to} ${m.transport}${remarks.join('')}\n${(m.text ?? '').replaceAll('\r\n', '\n')}\n`;
  });
  const head = `call ${callId}, ${messages.length} SIP messages${dropped > 0 ? `, ${dropped} more not kept` : ''}\n\n`;
  return head + blocks.join('\n');
}

/** Text that was kept byte by byte (Latin-1) as what it was meant to be. */
export function asUtf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function identityOf(message: SipTraceMessage, head: Head): string {
  const { direction, transport, remote, text } = message;
  // An answer is a retransmission when it is the same in every byte: a 180 that tells something new is not.
  const what = head.status === null ? `${head.method} ${head.branch} ${head.cseq}` : text;
  return [direction, transport, remote, head.sipCallId, what].join('\n');
}

function headOf(text: string): Head {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const value = (...names: string[]): string => {
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0 && names.includes(line.slice(0, colon).trim().toLowerCase())) return line.slice(colon + 1).trim();
    }
    return '';
  };
  const status = /^SIP\/2\.0 (\d{3})/i.exec(startLine)?.[1];
  const cseq = value('cseq').replaceAll(/\s+/g, ' ');
  return {
    startLine: asUtf8(startLine),
    method: status === undefined ? (startLine.split(' ')[0] ?? '') : (cseq.split(' ')[1] ?? ''),
    status: status === undefined ? null : Number(status),
    sipCallId: value('call-id', 'i'),
    cseq,
    from: userOf(value('from', 'f')),
    to: userOf(value('to', 't')),
    sdp: /^application\/sdp\b/i.test(value('content-type', 'c')),
    branch: /;\s*branch\s*=\s*([^\s;,]+)/i.exec(value('via', 'v'))?.[1] ?? '',
  };
}

function userOf(address: string): string {
  const user = /<?(?:sips?|tel):([^@;>\s]*)/i.exec(address.replace(/^"(?:[^"\\]|\\.)*"/, ''))?.[1] ?? '';
  try {
    return decodeURIComponent(user);
  } catch {
    // Not escaped the way it should be: shown as it is.
    return user;
  }
}

function maskedLine(line: string, mask: (number: string) => string): string {
  return line.replaceAll(/\b(sips?:|tel:)([^@;>\s]+)/gi, (_, scheme: string, user: string) => `${scheme}${mask(user)}`);
}
