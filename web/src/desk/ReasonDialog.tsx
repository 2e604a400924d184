import { Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

/** A reason for not being ready in the agent's own words. */
export default function ReasonDialog({ onChoose, onClose }: { onChoose(reason: string): void; onClose(): void }) {
  const { t } = useTranslation(['desk', 'common']);
  const [reason, setReason] = useState('');
  const done = (): void => {
    if (!reason.trim()) return;
    onChoose(reason.trim());
    onClose();
  };
  return (
    <Modal
      open
      title={t('otherReason')}
      onCancel={onClose}
      onOk={done}
      okText={t('common:confirm')}
      cancelText={t('common:cancel')}
      okButtonProps={{ disabled: !reason.trim() }}
      width={360}
    >
      <input
        className="field"
        // biome-ignore lint/a11y/noAutofocus: the dialog has this one field
        autoFocus
        maxLength={64}
        aria-label={t('otherReason')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && done()}
      />
    </Modal>
  );
}
