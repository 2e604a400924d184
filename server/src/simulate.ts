import { compareStaffing, type QueueFigures, type SimulationPlan, type SimulationResult, type Staffing } from '@yixian/acd';
import type { SimulateOptions } from './simulate-options.js';

/** A run of these many calls takes about half an hour; one mistyped digit should not take a week. */
const MAX_CALLS = 100_000_000;

/**
 * `yixian simulate`: what callers and agents of one queue would get, by the real matching core on a virtual clock, next to
 * what theory says and to one agent more or fewer. Needs no database and no hotline.
 * @returns what to print
 * @throws Error when the queue would grow without end, or the run would be too long
 */
export function simulation(options: SimulateOptions): string {
  const calls = options.rate * options.hours;
  if (calls > MAX_CALLS) throw new Error(`--hours is too long: ${Math.round(calls)} calls, at most ${MAX_CALLS} can be simulated`);
  const plan: SimulationPlan = {
    callsPerSecond: options.rate / 3600,
    handleSeconds: options.handle,
    agents: options.agents,
    patienceSeconds: options.patience,
    targetSeconds: options.target,
    hours: options.hours,
    seed: options.seed,
  };
  const all = compareStaffing(plan);
  const result = all.find((row) => row.agents === plan.agents)?.result;
  if (!result) throw new Error(`no result for ${plan.agents} agents`);
  return options.json ? asJson(options, result, all) : asTable(options, result, all);
}

type Row = Staffing;

const model = (options: SimulateOptions): string => (options.patience === undefined ? 'Erlang C' : 'Erlang A');

function asJson(options: SimulateOptions, result: SimulationResult, all: readonly Row[]): string {
  const { theory, ...simulated } = result;
  const document = {
    ...simulated,
    offeredLoad: (options.rate * options.handle) / 3600,
    callsPerHour: options.rate,
    handleSeconds: options.handle,
    patienceSeconds: options.patience ?? null,
    targetSeconds: options.target,
    seed: options.seed,
    theory: { model: model(options), ...theory },
    staffing: all.map((row) => ({ agents: row.agents, stable: row.result !== null, ...staffed(row.result) })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function staffed(result: SimulationResult | null): { simulated: object | null; theory: QueueFigures | null } {
  if (!result) return { simulated: null, theory: null };
  const { theory, agents: _, ...simulated } = result;
  return { simulated, theory };
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const seconds = (value: number): string => `${value.toFixed(2)} s`;

const COLUMN = 12;

function asTable(options: SimulateOptions, result: SimulationResult, all: readonly Row[]): string {
  const lines: [label: string, figure: keyof QueueFigures, text: (value: number) => string][] = [
    ['has to wait', 'waitProbability', percent],
    ['mean wait', 'meanWaitSeconds', seconds],
    [`answered within ${options.target} s`, 'serviceLevel', percent],
    ['gives up', 'abandonment', percent],
    ['agents busy', 'occupancy', percent],
  ];
  const cells = (row: Row, figure: keyof QueueFigures, text: (value: number) => string): string[] =>
    row.result
      ? [text(row.result[figure]), `± ${text(row.result.halfWidth95[figure])}`, text(row.result.theory[figure])]
      : ['unstable', '', 'unstable'];
  return [
    `${options.rate} calls an hour of ${options.handle} s: ${((options.rate * options.handle) / 3600).toFixed(2)} erlang for ${options.agents} agents` +
      `${options.patience === undefined ? '' : `, patience ${options.patience} s`}; ${options.hours} hours after ${result.warmUpHours.toFixed(1)} of warm-up, seed ${options.seed}`,
    '',
    table('', (row) => [`${row.agents} agent${row.agents === 1 ? '' : 's'}`, '', ''], all),
    table('', () => ['simulated', '(95 %)', model(options)], all),
    ...lines.map(([label, figure, text]) => table(label, (row) => cells(row, figure, text), all)),
    table('calls', (row) => [row.result ? String(row.result.calls) : '', '', ''], all),
    ...remarks(result, all),
    '',
  ].join('\n');
}

function table(label: string, cells: (row: Row) => string[], all: readonly Row[]): string {
  const width = 3 * COLUMN;
  const blocks = all.map((row) =>
    cells(row)
      .map((cell) => cell.padStart(COLUMN))
      .join('')
      .padEnd(width),
  );
  return `${label.padEnd(24)}${blocks.join('  ')}`.trimEnd();
}

function remarks(result: SimulationResult, all: readonly Row[]): string[] {
  const lines: string[] = [''];
  const unstable = all.find((row) => row.result === null);
  if (unstable) lines.push(`With ${unstable.agents} agent${unstable.agents === 1 ? '' : 's'} the queue grows without end.`);
  if (!result.settled) lines.push('The warm-up was too short for so full a queue: the true waits are longer. Simulate more hours.');
  else if (!result.longEnough) lines.push('Short for so full a queue: chance may reach beyond the 95 % intervals. Simulate more hours.');
  return lines.length > 1 ? lines : [];
}
