import { Badge, Flex, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { type SourceName, useNames } from './sources.js';

/** Whether something is switched on. */
export function OnOff({ on }: { on: boolean }) {
  const { t } = useTranslation('admin');
  return <Badge status={on ? 'success' : 'default'} text={t(on ? 'on' : 'off')} />;
}

/** Whether something is allowed. */
export function Allowed({ is }: { is: boolean }) {
  const { t } = useTranslation('admin');
  return <Badge status={is ? 'success' : 'default'} text={t(is ? 'allowed' : 'notAllowed')} />;
}

/** A length of time as it was given. */
export function Seconds({ of }: { of: unknown }) {
  const { t } = useTranslation('admin');
  return <>{typeof of === 'number' ? `${of} ${t('units.seconds')}` : null}</>;
}

/** A few words each in its frame; the rest as a number. */
export function Tags({ of, most = 6 }: { of: readonly string[]; most?: number }) {
  return (
    <Flex gap={4} wrap>
      {of.slice(0, most).map((one) => (
        <Tag key={one} style={{ marginInlineEnd: 0, maxWidth: 160, overflow: 'hidden', textOverflow: 'ellipsis' }}>
          {one}
        </Tag>
      ))}
      {of.length > most ? <Tag style={{ marginInlineEnd: 0 }}>+{of.length - most}</Tag> : null}
    </Flex>
  );
}

/** Things configured elsewhere, by their names; `note` is what is said behind one. */
export function NameTags({ from, of, most, note }: { from: SourceName; of: readonly string[]; most?: number; note?(id: string): string }) {
  const nameOf = useNames(from);
  return <Tags of={of.map((id) => `${nameOf(from, id)}${note?.(id) ?? ''}`)} {...(most === undefined ? {} : { most })} />;
}

/** A value that has a name in the catalogue. */
export function Named({ of, value }: { of: string; value: string }) {
  const { t } = useTranslation('admin');
  return <>{t(`${of}.${value}`)}</>;
}
