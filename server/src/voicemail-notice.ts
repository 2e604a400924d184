import { isoTime, seconds, type VoicemailRow } from '@yixian/contracts';

const DEADLINE_MS = 10_000;

/** Tells the system named in a box of a new message. @throws Error unless the answer is 2xx within ten seconds */
export async function postMessageLeft(url: string, message: VoicemailRow): Promise<void> {
  const { box, id, caller, leftAt, durationMs } = message;
  const body = { box, voicemailId: id, caller, leftAt: isoTime(leftAt), durationSeconds: seconds(durationMs) };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // Where it goes is what the administrator wrote, and nowhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status} to the notice of message ${id}`);
}
