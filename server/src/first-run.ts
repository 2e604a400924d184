import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hashGeneratedSecret as hashPassword } from '@yixian/admin';
import type { Logger } from '@yixian/contracts';
import { type DemoCredentials, firstRunDocument, seedDemo } from '@yixian/db';
import { demoFlow } from '@yixian/ivr';
import type { Config } from './config.js';
import type { Database } from './storage.js';

/** 96 bits, readable over a telephone: no characters that look alike. */
export function randomSecret(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(20)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

export const firstRunFileOf = (config: Config): string => path.join(config.dataDir, 'first-run.json');

/** Seeds the demo hotline into an empty database and leaves the credentials where only the owner can read them. */
export async function seedIfEmpty(config: Config, knex: Database, logger: Logger): Promise<string | undefined> {
  const file = firstRunFileOf(config);
  if (config.seedDemo) {
    const seeded = await seedDemo(knex, { flow: { id: demoFlow.id, name: demoFlow.name, document: demoFlow }, hashPassword, randomSecret });
    if (seeded) {
      writeFirstRun(config, file, seeded);
      logger.info({ file }, 'demo hotline seeded');
    }
  }
  return existsSync(file) ? file : undefined;
}

export function writeFirstRun(config: Config, file: string, seeded: DemoCredentials): void {
  writeFileSync(file, `${JSON.stringify(firstRunDocument(seeded, httpUrl(config)), null, 2)}\n`, { mode: 0o600 });
}

/** As it is typed from this machine: an address that stands for all is no address to call, and IPv6 needs brackets (RFC 3986 §3.2.2). */
export function authority(host: string | undefined, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : (host ?? '127.0.0.1');
  return `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

export function httpUrl(config: Pick<Config, 'hosts' | 'httpPort'> & Partial<Pick<Config, 'tls'>>): string {
  return `${config.tls ? 'https' : 'http'}://${authority(config.hosts[0], config.httpPort)}`;
}
