import { PhoneOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../app/api.js';
import { useFailure } from '../app/use-failure.js';
import { answerWhenRung } from '../phone/phone.js';
import type { Me } from './me.js';

/**
 * Click to dial 点击拨号: the own seat rings first, then the number; a browser that is the seat answers by itself. Spaces and
 * dashes of a pasted number do not matter.
 */
export async function dial(from: string, number: string): Promise<void> {
  const { id } = await post<{ id: string }>('/calls', { from, to: number.replace(/[\s()\-－—]/g, '') });
  answerWhenRung(id);
}

export function DialField({ me }: { me: Me }) {
  const { t } = useTranslation('desk');
  const fail = useFailure();
  const [number, setNumber] = useState('');
  const [busy, setBusy] = useState(false);
  async function call(): Promise<void> {
    if (!number.trim()) return;
    setBusy(true);
    try {
      await dial(me.extension, number);
      setNumber('');
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }
  function submit(event: { preventDefault(): void }): void {
    event.preventDefault();
    void call();
  }
  return (
    <form className="dial-field" onSubmit={submit}>
      <input
        className="field"
        value={number}
        onChange={(event) => setNumber(event.target.value)}
        placeholder={t('dialHint')}
        aria-label={t('dialHint')}
        inputMode="tel"
        maxLength={40}
      />
      <Button icon={<PhoneOutlined />} loading={busy} htmlType="submit" aria-label={t('dial')} disabled={!number.trim()} />
    </form>
  );
}
