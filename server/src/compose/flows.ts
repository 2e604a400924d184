import path from 'node:path';
import { createFlowHttp, createPrompts, createTts, type FlowContext, type FlowRunnerDeps, type PromptLibrary } from '@yixian/ivr';
import { createFlowSecrets } from '../flow-secrets.js';
import { promptDirectories, promptLanguages } from '../prompt-set.js';
import type { Foundation } from './foundation.js';

type Base = Pick<Foundation, 'config' | 'clock' | 'logger'>;

export const promptsOf = ({ config, logger }: Base): PromptLibrary =>
  createPrompts({ directories: promptDirectories(config), languages: promptLanguages(config), logger });

/** Texts that were spoken once. */
export const spokenDirectory = (config: Base['config']): string => path.join(config.dataDir, 'spoken');

/** What flows use beside the other stages: speech and requests. */
export function flowToolsOf({ config, clock, logger }: Base): Pick<FlowRunnerDeps, 'tts' | 'http' | 'clock' | 'logger' | 'timeZone'> {
  const secrets = createFlowSecrets(config);
  return {
    tts: createTts({ cacheDirectory: spokenDirectory(config), logger, clock }),
    http: createFlowHttp({ allowedHosts: config.flowHttpHosts, secret: (name) => secrets.get(name), clock, logger }),
    clock,
    logger,
    timeZone: config.timeZone,
  };
}

/** What a flow may name beside what administrators change. */
export const flowContextOf = ({ config }: Pick<Foundation, 'config'>): FlowContext => ({
  httpHosts: config.flowHttpHosts,
  secrets: createFlowSecrets(config).names(),
});
