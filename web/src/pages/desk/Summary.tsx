import { Button } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { momentText } from '../../app/time.js';
import { Panel } from '../../components/Panel.js';
import { useDeskChoices } from '../../desk/me.js';
import { useSummary } from './use-summary.js';

/** More than these are chosen from a list. */
const MOST_CHIPS = 10;

/** 小结: saved as it is typed, on the call's record. */
export function Summary({ id, writable }: { id: string; writable: boolean }) {
  const { t } = useTranslation(['desk', 'common']);
  const field = useId();
  const { text, change, status, theirs, keepMine, takeTheirs, savedAt } = useSummary(id, writable);
  const saved = status === 'saved' && savedAt ? t('savedAt', { at: momentText(savedAt).slice(-8) }) : t(`saving.${status}`);
  return (
    <Panel
      title={t('summary')}
      extra={
        <span className="note" role="status" data-testid="summary-status" data-status={status}>
          {writable ? saved : ''}
        </span>
      }
    >
      {theirs ? (
        <div className="warning" role="alert">
          {t('summaryConflict', { who: theirs.updatedBy })}
          <Button size="small" onClick={takeTheirs}>
            {t('takeTheirs')}
          </Button>
          <Button size="small" onClick={keepMine}>
            {t('keepMine')}
          </Button>
        </div>
      ) : null}
      {writable ? null : <p className="note">{t('summaryLater')}</p>}
      <fieldset className="summary" disabled={!writable}>
        <legend className="quiet">{t('summary')}</legend>
        <Dispositions value={text.disposition} onChange={(disposition) => change({ disposition })} />
        <label htmlFor={`${field}-subject`}>{t('subject')}</label>
        <input
          className="field"
          id={`${field}-subject`}
          value={text.subject}
          maxLength={200}
          disabled={!writable}
          onChange={(event) => change({ subject: event.target.value })}
        />
        <label htmlFor={`${field}-notes`}>{t('notes')}</label>
        <textarea
          className="field"
          id={`${field}-notes`}
          value={text.notes}
          maxLength={10_000}
          rows={5}
          disabled={!writable}
          onChange={(event) => change({ notes: event.target.value })}
        />
      </fieldset>
    </Panel>
  );
}

function Dispositions({ value, onChange }: { value: string | null; onChange(code: string | null): void }) {
  const { t } = useTranslation('desk');
  const { dispositions } = useDeskChoices();
  const name = useId();
  // One that was taken off the list stays where it was chosen.
  const gone = value !== null && !dispositions.some((one) => one.code === value) ? [{ code: value, label: value }] : [];
  const all = [...dispositions, ...gone];
  if (all.length > MOST_CHIPS) {
    return (
      <>
        <label htmlFor={name}>{t('disposition')}</label>
        <select id={name} value={value ?? ''} onChange={(event) => onChange(event.target.value || null)}>
          <option value="" />
          {all.map((one) => (
            <option key={one.code} value={one.code}>
              {one.label}
            </option>
          ))}
        </select>
      </>
    );
  }
  return (
    <>
      <span id={`${name}-label`}>{t('disposition')}</span>
      <div role="radiogroup" aria-labelledby={`${name}-label`} className="chips">
        {all.map((one) => (
          <label key={one.code} data-chosen={value === one.code}>
            <input type="radio" name={name} checked={value === one.code} onChange={() => onChange(one.code)} />
            {one.label}
          </label>
        ))}
      </div>
    </>
  );
}
