import type { HotlineSettings } from '@yixian/contracts';
import type { z } from 'zod';
import { difference } from '../../core/config/difference.js';
import type { settingsChange } from '../../core/config/schemas.js';
import type { GuardedRequest } from '../../core/route.js';
import { type AdministrationDeps, assertRevision, change } from './change.js';
import { defined } from './kind.js';
import { assertDistinct, assertPolicy } from './references.js';

const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;

/** What holds for the whole hotline. */
export function createSettings(deps: AdministrationDeps) {
  return {
    get: () => deps.config.settings.get(),
    change: (request: GuardedRequest<unknown, unknown, z.output<typeof settingsChange>>) =>
      change(deps, request, async (c) => {
        const { revision, recording, ...fields } = request.body;
        const before = await c.config.settings.get();
        assertRevision('settings', 'hotline', before.revision, revision);
        const policies = recording && { ...before.recording, ...defined<HotlineSettings['recording']>(recording) };
        const wanted = defined<HotlineSettings>({ ...fields, recording: policies });
        for (const direction of DIRECTIONS) assertPolicy(deps.prompts, `recording.${direction}`, wanted.recording?.[direction] ?? null);
        assertDistinct('notReadyReasons', wanted.notReadyReasons ?? []);
        assertDistinct('dispositions', wanted.dispositions?.map((one) => one.code) ?? []);
        assertDistinct('maskNumbersFor', wanted.maskNumbersFor ?? []);
        const after = await c.config.settings.update(wanted);
        await c.audit('settings.changed', 'hotline', difference(before, after));
        return after;
      }),
  };
}
