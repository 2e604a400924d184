import type { CallLeg } from '@yixian/contracts';
import type { BaresipOptions, BaresipPhone } from '../../src/peers/index.js';
import type { Bench } from './bench.js';

export const CALLER_HZ = 700;
export const AGENT_HZ = 1100;

/** Time for audio to have crossed; a length of sound to be looked at afterwards, not a wait for something. */
export function listen(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A phone that calls the hotline from outside, answered by the switch. */
export async function answeredCaller(bench: Bench, options: Partial<BaresipOptions> = {}): Promise<{ phone: BaresipPhone; leg: CallLeg }> {
  const phone = await bench.phone({ user: '13800000001', toneHz: CALLER_HZ, ...options }, false);
  const { address, port } = bench.addresses.udp;
  await phone.dial(`sip:12320@${address}:${port}`);
  const leg = await bench.arrival();
  await leg.answer();
  await phone.waitFor('CALL_ESTABLISHED');
  return { phone, leg };
}

/** An agent's phone that was rung and has answered. */
export async function answeredAgent(bench: Bench, options: Partial<BaresipOptions> = {}): Promise<{ phone: BaresipPhone; leg: CallLeg }> {
  const phone = await bench.phone({ user: '1001', toneHz: AGENT_HZ, answer: 'auto', ...options });
  const leg = bench.dialExtension(options.user ?? '1001');
  if (!(await leg.answered)) throw new Error(`the agent did not answer: ${JSON.stringify(leg.termination)}\n${phone.log().slice(-1500)}`);
  return { phone, leg };
}

/** Hangs up and gives what the phone heard. */
export async function heardAfterHangUp(phone: BaresipPhone, leg: CallLeg): Promise<Int16Array> {
  leg.hangUp({ by: 'system', reason: 'normal' });
  await phone.waitFor('CALL_CLOSED');
  return (await phone.lastHeard()).channels[0] ?? new Int16Array(0);
}
