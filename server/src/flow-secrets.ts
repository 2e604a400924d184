import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from './config.js';

/** Secrets that requests of flows name, so that no flow document and no log holds them. */
export interface FlowSecrets {
  get(name: string): string | undefined;
  names(): string[];
}

export const flowSecretsFile = (config: Pick<Config, 'dataDir'>): string => path.join(config.dataDir, 'flow-secrets.json');

/**
 * From the environment (`FLOW_SECRET_<name>`), then from `DATA_DIR/flow-secrets.json` (`{"name": "secret"}`, mode 0600), which is
 * read at every use: a secret that was changed holds for the next request.
 * @throws Error when the file can be read by others or is no such object
 */
export function createFlowSecrets(config: Pick<Config, 'dataDir' | 'flowSecrets'>): FlowSecrets {
  const file = flowSecretsFile(config);
  const kept = (): Map<string, string> => new Map([...readSecrets(file), ...Object.entries(config.flowSecrets)]);
  kept();
  return {
    get: (name) => kept().get(name),
    names: () => [...kept().keys()].sort(),
  };
}

function readSecrets(file: string): [string, string][] {
  if (!existsSync(file)) return [];
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod 600 it`);
  const text = readFileSync(file, 'utf8');
  const secrets = parsed(text);
  if (
    typeof secrets !== 'object' ||
    secrets === null ||
    Array.isArray(secrets) ||
    Object.values(secrets).some((value) => typeof value !== 'string')
  ) {
    throw new Error(`${file} must be a JSON object of texts by name`);
  }
  return Object.entries(secrets as Record<string, string>);
}

/** The message of a JSON error quotes the text, which is secret. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
