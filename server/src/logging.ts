import { type Logger as Pino, pino } from 'pino';
import type { Config } from './config.js';

/** One line an event: readable in a terminal, JSON where a program reads. */
export async function createLogger(config: Pick<Config, 'logLevel'>): Promise<Pino> {
  const options = { level: config.logLevel, base: undefined, redact: ['password', '*.password', 'sipPassword', '*.sipPassword', 'token'] };
  // names and dates instead of 30 and milliseconds: whoever reads the file at night is a person
  const formatters = { level: (level: string) => ({ level }) };
  if (!process.stdout.isTTY) return pino({ ...options, formatters, timestamp: pino.stdTimeFunctions.isoTime });
  const { default: pretty } = await import('pino-pretty'); // only where a person reads
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' }));
}
