import { type AdministrationDeps, createPromptFiles, type FlowTools, hashGeneratedSecret, hashPassword } from '@yixian/admin';
import { type SessionKeeper, systemClock } from '@yixian/contracts';
import { createConfigStore } from '@yixian/db';
import { createSimulator, createTts, describeNodes, validateFlow } from '@yixian/ivr';
import { compileRule, outboundUri, parseCidr } from '@yixian/sbc';
import { randomSecret } from '../first-run.js';
import { promptFileOptions } from '../prompt-set.js';
import { flowContextOf, promptsOf, spokenDirectory } from './flows.js';
import type { Foundation } from './foundation.js';
import type { Telephony } from './telephony.js';

/** What administrators change, with the rules of the stages that will use it. */
export function administrationOf(base: Foundation, telephony: Telephony, sessions: SessionKeeper): AdministrationDeps {
  const { clock, ids, logger, directory } = base;
  return {
    config: createConfigStore(base.database.knex),
    sessions,
    prompts: createPromptFiles(promptFileOptions(base.config)),
    flowTools: flowToolsFor(base),
    applied: () => directory.reload(),
    validators: {
      numberRule: compileRule,
      addressBlock: parseCidr,
      trunkUri: (uri) => void outboundUri(uri, '0'),
      flow(document, surroundings) {
        // Messages for `main` are taken also where nobody has set that box up.
        const voicemailBoxes = [...surroundings.boxes, 'main'];
        const check = validateFlow(document, { ...flowContextOf(base), ...surroundings, callerLists: surroundings.lists, voicemailBoxes });
        return check.ok ? [] : check.problems;
      },
    },
    hashPassword,
    hashGenerated: hashGeneratedSecret,
    randomSecret,
    acd: telephony.acd.acd,
    timeZone: base.config.timeZone,
    clock,
    ids,
    logger,
  };
}

/** Speech files are shared with the calls: a text is spoken once. */
function flowToolsFor(base: Foundation): FlowTools {
  const { clock, ids, logger, directory, config } = base;
  const prompts = promptsOf(base);
  const tts = createTts({ cacheDirectory: spokenDirectory(config), logger, clock });
  return {
    vocabulary: describeNodes,
    // a simulation that was left open must not keep a hotline that has stopped from ending
    simulator: createSimulator({ directory, timeZone: config.timeZone, clock: systemClock({ unref: true }), ids }),
    speech: {
      prompt(id, language) {
        const item = prompts.item(id, language);
        return item?.kind === 'file' ? item.path : undefined;
      },
      text: (text, language) => tts.speak(text, language),
    },
  };
}
