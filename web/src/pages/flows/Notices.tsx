import { Alert, Button, Flex, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { momentText } from '../../app/time.js';
import type { FlowDetail } from './types.js';
import type { Draft } from './use-draft.js';
import type { Saving } from './use-saving.js';

interface Props {
  draft: Draft;
  saving: Saving;
  /** Draws what the server has beside what is edited here. */
  onCompare(): void;
}

/** Above the canvas: what was left unsaved, and what others do with the same flow. */
export function Notices({ draft, saving, onCompare }: Props) {
  const { t } = useTranslation(['flows', 'common']);
  const { theirs } = saving;
  return (
    <>
      {draft.left ? (
        <Alert
          type="warning"
          banner
          title={t('editor.restoreTitle', { when: momentText(draft.left.at) })}
          action={
            <Flex gap={6}>
              <Button size="small" type="primary" onClick={draft.restoreLeft}>
                {t('editor.restore')}
              </Button>
              <Button size="small" onClick={draft.discardLeft}>
                {t('editor.discard')}
              </Button>
            </Flex>
          }
        />
      ) : null}
      {theirs ? (
        <Alert
          type="warning"
          banner
          title={t('editor.savedBy', byWhom(theirs))}
          action={
            <Flex gap={6}>
              <Button size="small" onClick={onCompare}>
                {t('editor.compareTheirs')}
              </Button>
              <Button size="small" onClick={saving.takeTheirs}>
                {t('editor.reload')}
              </Button>
            </Flex>
          }
        />
      ) : draft.elsewhere ? (
        <Alert type="info" banner title={t('editor.elsewhere')} />
      ) : null}
      <Modal
        open={saving.deciding}
        title={t('editor.conflictTitle')}
        onCancel={saving.decideLater}
        footer={
          <Flex gap={8} wrap justify="end">
            <Button onClick={saving.decideLater}>{t('common:cancel')}</Button>
            <Button
              onClick={() => {
                saving.decideLater();
                onCompare();
              }}
            >
              {t('editor.compareTheirs')}
            </Button>
            <Button danger onClick={saving.overwrite}>
              {t('editor.overwrite')}
            </Button>
            <Button type="primary" onClick={saving.takeTheirs}>
              {t('editor.reload')}
            </Button>
          </Flex>
        }
      >
        {theirs ? <p>{t('editor.savedBy', byWhom(theirs))}</p> : null}
        <p>{t('editor.conflictHint')}</p>
      </Modal>
    </>
  );
}

function byWhom({ draft, published }: FlowDetail): { who: string; when: string } {
  const last = [
    draft && { who: draft.createdBy, at: draft.createdAt },
    published && { who: published.publishedBy, at: published.publishedAt },
  ]
    .filter((one) => one !== null)
    .sort((a, b) => String(b.at).localeCompare(String(a.at)))[0];
  return { who: last?.who ?? '', when: momentText(last?.at ?? null) };
}
