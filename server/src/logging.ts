import { type Logger as Pino, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.js';

/** One line an event: readable in a terminal, JSON where a program reads. */
export function createLogger(config: Pick<Config, 'logLevel'>): Pino {
  const options = { level: config.logLevel, base: undefined, redact: ['password', '*.password', 'sipPassword', '*.sipPassword', 'token'] };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' }));
}
