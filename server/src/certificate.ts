import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Clock, Logger, Timer } from '@yixian/contracts';

/** Where the certificate (with its chain) and its key are, both PEM. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

export interface Certificate {
  cert: Buffer;
  key: Buffer;
  /** Epoch milliseconds. */
  validTo: number;
}

/** A renewed certificate is taken within this time. */
const LOOK_EVERY_MS = 10_000;

/** @throws Error that begins with the variable at fault */
export function readCertificate(files: CertificateFiles): Certificate {
  const cert = read('TLS_CERT', files.cert);
  const key = read('TLS_KEY', files.key);
  const { validTo } = parsed(files.cert, cert);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(`TLS_KEY: ${files.key} is not the key of TLS_CERT, or no PEM: ${(error as Error).message}`);
  }
  return { cert, key, validTo: Date.parse(validTo) };
}

/** Gives a server the renewed certificate when its files change; what cannot be read is told once, and the old one stays. */
export function followCertificate(
  server: Pick<Server, 'setSecureContext'>,
  files: CertificateFiles,
  { clock, logger }: { clock: Clock; logger: Logger },
): { stop(): void } {
  let seen = stamp(files);
  let timer: Timer | undefined;
  const look = (): void => {
    timer = clock.setTimer(LOOK_EVERY_MS, look);
    const now = stamp(files);
    if (now === seen) return;
    seen = now;
    try {
      const { cert, key, validTo } = readCertificate(files);
      server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
      logger.info({ validTo: new Date(validTo).toISOString() }, 'the renewed certificate is used from now on');
    } catch (error) {
      // The two files are rarely written in the same moment: the second change is looked at too.
      logger.warn({ reason: (error as Error).message }, 'the changed certificate cannot be used; the one before stays');
    }
  };
  timer = clock.setTimer(LOOK_EVERY_MS, look);
  return { stop: () => timer?.cancel() };
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${variable}: ${file} cannot be read: ${(error as Error).message}`);
  }
}

function parsed(file: string, cert: Buffer): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new Error(`TLS_CERT: ${file} is no certificate in PEM: ${(error as Error).message}`);
  }
}

/** Changes whenever one of the files does; links are followed, as tools that renew certificates swap them. */
function stamp({ cert, key }: CertificateFiles): string {
  return [cert, key]
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : 'gone';
    })
    .join('; ');
}
