import { useTranslation } from 'react-i18next';

/** Who did something: a user's name as it is, the system itself in words. */
export function useWho(): (name: string) => string {
  const { t } = useTranslation();
  return (name) => (name === 'system' ? t('theSystem') : name);
}
