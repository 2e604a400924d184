import type { SippRun } from './sipp.js';
import { type Step, steps } from './sipp-scenarios.js';

// What an extension's phone does as sipp: calls with digest, REFER with Replaces from either side of a dialog.

/** A call of an extension, digest and all, up to the ACK of its 200; what follows has CSeq 3. */
export function extensionCall(extension: string, headers: readonly string[] = []): Step[] {
  const request = { from: extension, headers };
  return [
    steps.invite(request),
    steps.provisional(),
    steps.recvResponse(407, { auth: true }),
    steps.ackRefusal({ from: extension }),
    steps.invite({ ...request, cseq: 2, authenticate: true }),
    steps.provisional(),
    steps.recvResponse(200, { timeoutMs: 15_000 }),
    steps.ack({ from: extension, cseq: 2 }),
  ];
}

/** A NOTIFY in the dialog whose text matches, answered. */
export function notified(regexp: string): Step[] {
  return [
    steps.recvRequest('NOTIFY', { timeoutMs: 10_000, check: steps.mustMatch(regexp, `notify${regexp.replaceAll(/\W/g, '')}`) }),
    steps.replyInDialog(),
  ];
}

/**
 * The dialog a sipp run has with the switch, as Replaces names it to the switch (RFC 3891 §3); undefined before the 200 to what it
 * sent (`caller`), or the 180 it sent itself (`callee`).
 */
export async function replacesOf(run: Pick<SippRun, 'messages'>, from: 'caller' | 'callee'): Promise<string | undefined> {
  const messages = await run.messages();
  const dialogs = from === 'caller' ? /SIP\/2\.0 200 OK[\s\S]*?\r?\n\r?\n/ : /SIP\/2\.0 180 [\s\S]*?\r?\n\r?\n/;
  const text = dialogs.exec(messages)?.[0] ?? '';
  const tag = (header: string): string => new RegExp(`^${header}:.*;tag=(\\S+)`, 'im').exec(text)?.[1] ?? '';
  const callId = /^Call-ID: *(\S+)/im.exec(text)?.[1] ?? '';
  const [ours, theirs] = from === 'caller' ? [tag('To'), tag('From')] : [tag('From'), tag('To')];
  return callId && ours && theirs ? `${callId};to-tag=${ours};from-tag=${theirs}` : undefined;
}
