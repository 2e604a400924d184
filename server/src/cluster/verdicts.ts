import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NodeView } from '@yixian/contracts';
import type { Config } from '../config.js';
import { type Found, found } from '../verdict.js';

/** What is wrong with the processes of a hotline; each shows its folder in the data folder, so that a folder of another disk is noticed. */
export function processVerdicts(config: Pick<Config, 'dataDir'>, nodes: readonly NodeView[], leader: string | null): Found[] {
  const names = nodes.map(({ node }) => node).sort();
  const verdicts: Found[] = [];
  if (leader === null)
    verdicts.push(found({ state: 'fault', text: 'nobody decides: calls wait and are not offered' }, 'processes-no-leader'));
  const apart = names.filter((node) => !existsSync(path.join(config.dataDir, 'nodes', node)));
  if (apart.length > 0) {
    const values = { nodes: apart.join(', ') };
    const text = `DATA_DIR ${config.dataDir} is not the folder of ${values.nodes}: recordings, prompts and keys are not shared`;
    verdicts.push(found({ state: 'fault', text }, 'processes-data-apart', values));
  }
  const versions = [...new Set(nodes.map(({ version }) => version))].sort();
  if (versions.length > 1) {
    const values = { versions: versions.join(', ') };
    verdicts.push(found({ state: 'warning', text: `several versions run together: ${values.versions}` }, 'processes-versions', values));
  }
  if (verdicts.length > 0) return verdicts;
  const values = { nodes: names.join(', '), leader: leader ?? '' };
  return [found({ state: 'ok', text: `${values.nodes}; ${values.leader} decides` }, 'processes-fine', values)];
}
