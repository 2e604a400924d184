/** Below the 3 s that `/readyz` waits altogether, so that it can name what does not answer. */
const DEADLINE_MS = 2000;

export interface HealthChecks {
  database(): Promise<{ ok: true } | { ok: false; reason: string }>;
  redis(): Promise<unknown>;
  switch(): Promise<{ problems: string[] }>;
  /** Of several processes. */
  processes?(): string[];
}

/** Asks everything at one time and names each thing that is at fault or does not answer within `deadlineMs`. */
export async function healthOf(checks: HealthChecks, deadlineMs = DEADLINE_MS): Promise<{ ok: boolean; problems: string[] }> {
  const asked: Array<[string, Promise<string[]>]> = [
    ['database', checks.database().then((answer) => (answer.ok ? [] : [answer.reason]))],
    ['redis', checks.redis().then(() => [])],
    ['switch', checks.switch().then((answer) => answer.problems)],
    ['processes', Promise.resolve(checks.processes?.() ?? [])],
  ];
  const found = await Promise.all(
    asked.map(async ([name, answer]) => {
      const problems = await within(answer, deadlineMs).catch((error: Error) => [error.message]);
      return problems.map((problem) => `${name}: ${problem}`);
    }),
  );
  const problems = found.flat();
  return { ok: problems.length === 0, problems };
}

/** A redis client without a connection keeps its commands waiting; whoever asks for the health must not. */
async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
