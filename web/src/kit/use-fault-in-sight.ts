import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiError } from '../app/api.js';
import { type Faults, type FieldGroup, faulty } from './fields.js';

/** The one field that is at fault, and how, in words; undefined where there are several, or none that has a name. */
export function useOnlyFault(prefix: string, faults: Faults): string | undefined {
  const { t, i18n } = useTranslation('admin');
  const [only, ...others] = Object.entries(faults);
  if (only === undefined || others.length > 0) return undefined;
  const key = `${prefix}.${only[0].split('.')[0]}`;
  return i18n.exists(`admin:${key}`) ? t('faultOf', { field: t(key), fault: only[1] }) : undefined;
}

const FAULTY = '.ant-form-item-has-error';

/** Brings what was refused into sight, wherever in a long form (`body`) it stands: first its tab, then the field, ready to be typed in. */
export function useFaultInSight(error: ApiError | undefined, faults: Faults, groups: readonly FieldGroup[]) {
  const body = useRef<HTMLDivElement>(null);
  const [tab, setTab] = useState(groups[0]?.name ?? '');
  // looked at once for each refusal, not at each letter typed after it
  const first = useRef<string>(undefined);
  first.current = groups.find((one) => one.fields.some((field) => faulty(faults, field.name)))?.name;
  useEffect(() => {
    if (error === undefined) return;
    if (first.current !== undefined) setTab(first.current);
    // once the tab is drawn
    const frame = requestAnimationFrame(() => {
      const items = [...(body.current?.querySelectorAll(FAULTY) ?? [])];
      const item = items.find((one) => one.checkVisibility() && one.querySelector(FAULTY) === null);
      (item ?? body.current)?.scrollIntoView({ block: item ? 'center' : 'start' });
      item?.querySelector<HTMLElement>('input, textarea, button')?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [error]);
  return { body, tab, setTab };
}
