import { DomainError, type ReferRequest, type Termination } from '@yixian/contracts';
import { agentConfig, queueConfig } from './core-driver.js';
import type { FakeLeg } from './fakes.js';
import { settled, World } from './world.js';

export const byCaller = { by: 'caller', reason: 'normal' } as const;
export const byAgent = { by: 'called', reason: 'normal' } as const;
export const WRAP_UP_MS = 5_000;

/** Of the clock by which doors are watched. */
export let idleTimers = 0;

export async function world(): Promise<World> {
  const queues = [queueConfig('consult', { wrapUpMs: WRAP_UP_MS }), queueConfig('complaint', { requiredSkills: [] })];
  const w = new World([agentConfig('1001'), agentConfig('1002'), agentConfig('1003')], queues);
  w.extensions.add('6001').add('1100');
  w.registered.add('1100');
  await w.service.start();
  await w.ready('1001');
  idleTimers = w.clock.pendingTimers;
  return w;
}

/** 1001 talks with a caller of the queue; 1002 is ready after that. */
export async function talking(w: World) {
  const caller = w.enqueue('c1');
  w.seat.leg.pickUp();
  await settled();
  const agentLeg = w.seat.leg;
  await w.ready('1002', '1003');
  w.took();
  return { ...caller, agentLeg, control: w.control('c1') };
}

export function refused(code: string, words = /./): (error: unknown) => boolean {
  return (error) => error instanceof DomainError && error.code === code && words.test(error.message);
}

/** Who hears whom now, by bridge or conference. */
export function heard(w: World): string[] {
  const conference = w.conferences.at(-1);
  if (conference) return conference.heard;
  const short = (id: string) => id.replace(/-\d+$/, '');
  return w.bridges
    .filter((b) => b.standing)
    .map((b) =>
      b.legs
        .map((l) => short(l.id))
        .sort()
        .join(' = '),
    );
}

export function refer(target: string, replaces?: FakeLeg): { refer: ReferRequest; said: string[] } {
  const said: string[] = [];
  return {
    said,
    refer: {
      target,
      replaces,
      accept: () => void said.push('accept'),
      progress: (status) => void said.push(`progress ${status}`),
      done: (status) => void said.push(`done ${status}`),
      refuse: (termination: Termination) => void said.push(`refuse ${termination.reason}`),
    },
  };
}
