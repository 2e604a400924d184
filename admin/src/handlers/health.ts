import { type Clock, DomainError } from '@yixian/contracts';

export interface HealthDeps {
  /** What is not ready, in words that name it: `database: …`, `redis: …`, `switch: …`. */
  health: () => Promise<{ ok: boolean; problems: string[] }>;
  draining: () => boolean;
  clock: Clock;
}

const PATIENCE_MS = 3000;

/** The process lives and answers. */
export function createHealthz() {
  return async () => ({ status: 'ok' as const });
}

/** Ready for calls; 503 names what is not. */
export function createReadyz(deps: HealthDeps) {
  return async () => {
    if (deps.draining()) throw new DomainError('unavailable', 'draining: no new calls are taken', { problems: ['draining'] });
    const { ok, problems } = await inTime(deps);
    if (!ok) throw new DomainError('unavailable', `not ready: ${problems.join('; ')}`, { problems });
    return { status: 'ready' as const };
  };
}

function inTime(deps: HealthDeps): Promise<{ ok: boolean; problems: string[] }> {
  return new Promise((resolve) => {
    const failed = (problem: string) => resolve({ ok: false, problems: [problem] });
    const timer = deps.clock.setTimer(PATIENCE_MS, () => failed(`health: no answer within ${PATIENCE_MS / 1000} s`));
    deps
      .health()
      .then(resolve, (error: unknown) => failed(`health: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => timer.cancel());
  });
}
