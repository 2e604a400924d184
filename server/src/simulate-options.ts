import { InvalidArgumentError } from 'commander';

/** The options of `yixian simulate` as the parsers below leave them. */
export interface SimulateOptions {
  rate: number;
  handle: number;
  agents: number;
  hours: number;
  patience?: number;
  target: number;
  seed: number;
  json?: boolean;
}

const MAX_AGENTS = 10_000;

/** @throws InvalidArgumentError, which commander turns into one line naming the option */
export function positiveNumber(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
}

export function numberFromZero(text: string): number {
  return /^0+(\.0+)?$/.test(text.trim()) ? 0 : positiveNumber(text);
}

export function agentCount(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > MAX_AGENTS) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_AGENTS}.`);
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
