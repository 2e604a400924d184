import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../../app/api.js';
import { useFailure } from '../../app/use-failure.js';
import { type FlowDocument, readDocument, type Types } from './model/document.js';
import { placeMissing } from './model/layout.js';
import type { FlowDetail } from './types.js';
import { type Draft, isConflict } from './use-draft.js';

/** How soon somebody who edits is told that another has saved. */
const LOOK_MS = 10_000;

interface Options {
  flow: FlowDetail;
  draft: Draft;
  types: Types;
  onChanged(flow: FlowDetail): void;
  /** Published with faults: they are to be shown. */
  onFaults(): void;
}

export interface Saving {
  save(): Promise<FlowDetail | undefined>;
  publish(): void;
  /** What the server has now, when that is not what this work was begun with. */
  theirs: FlowDetail | undefined;
  theirDocument(): FlowDocument | undefined;
  takeTheirs(): void;
  /** A save met somebody else's: it waits for a decision. */
  deciding: boolean;
  overwrite(): void;
  decideLater(): void;
}

/** Saves and publishes, and never over what somebody else has saved meanwhile unless told so. */
export function useSaving({ flow, draft, types, onChanged, onFaults }: Options): Saving {
  const { t } = useTranslation(['flows', 'common']);
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const client = useQueryClient();
  const [deciding, setDeciding] = useState(false);
  const look = useQuery({
    queryKey: ['flow', flow.id, 'theirs'],
    queryFn: () => get<FlowDetail>(`/flows/${encodeURIComponent(flow.id)}`),
    refetchInterval: LOOK_MS,
    refetchOnWindowFocus: 'always',
    staleTime: 0,
    gcTime: 0,
  });
  const theirs = look.data && look.data.revision > draft.revision ? look.data : undefined;

  const saved = useCallback(
    async (answer: FlowDetail): Promise<FlowDetail> => {
      onChanged(answer);
      setDeciding(false);
      await client.invalidateQueries({ queryKey: ['flows'] });
      void message.success(t('editor.saved'));
      return answer;
    },
    [onChanged, client, message, t],
  );
  const save = useCallback(
    async (over?: number): Promise<FlowDetail | undefined> => {
      try {
        return await saved(await draft.save(over));
      } catch (error) {
        if (!isConflict(error)) fail(error);
        else {
          await look.refetch();
          setDeciding(true);
        }
        return undefined;
      }
    },
    [draft, saved, fail, look.refetch],
  );
  const publish = (): void => {
    if (draft.problems.length > 0) {
      onFaults();
      return void message.error(t('editor.publishFaults', { n: draft.problems.length }));
    }
    if (!draft.dirty && !flow.draft) return void message.info(t('editor.publishNothing'));
    modal.confirm({
      title: t('editor.publishTitle', { name: draft.doc.name }),
      content: t('editor.publishHint'),
      okText: t('editor.publish'),
      cancelText: t('common:cancel'),
      async onOk() {
        const stored = draft.dirty ? await save() : { revision: draft.revision };
        if (!stored) return;
        try {
          const answer = await post<FlowDetail>(`/flows/${flow.id}/publish`, { revision: stored.revision });
          onChanged(answer);
          await client.invalidateQueries({ queryKey: ['flows'] });
          void message.success(t('editor.published', { n: answer.published?.version }));
        } catch (error) {
          if (!isConflict(error)) fail(error);
          else {
            await look.refetch();
            setDeciding(true);
          }
        }
      },
    });
  };
  const theirDocument = (): FlowDocument | undefined => theirs && placeMissing(readDocument(flow.id, theirs.document), types);
  return {
    save: () => save(),
    publish,
    theirs,
    theirDocument,
    takeTheirs() {
      const document = theirDocument();
      if (!theirs || !document) return;
      draft.take(theirs, document);
      onChanged(theirs);
      setDeciding(false);
      void message.info(t('editor.tookTheirs'));
    },
    deciding,
    overwrite: () => void save(theirs?.revision),
    decideLater: () => setDeciding(false),
  };
}
