import { Drawer } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The menu of a narrow screen. */
export default function NarrowMenu({ onClose, children }: { onClose(): void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Drawer open onClose={onClose} placement="left" size={240} styles={{ body: { padding: 0 } }} title={t('product')}>
      <nav>{children}</nav>
    </Drawer>
  );
}
