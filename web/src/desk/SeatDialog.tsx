import { useQuery } from '@tanstack/react-query';
import type { Seat, SeatChoiceView } from '@yixian/contracts/browser';
import { Button, Checkbox, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../app/api.js';
import { useFailure } from '../app/use-failure.js';
import { usePhone } from '../phone/phone.js';
import { AudioTest } from './AudioTest.js';
import type { Me } from './me.js';
import { SEAT_ICONS } from './SeatButton.js';

const KINDS: Seat['kind'][] = ['softphone', 'sip', 'phone'];

/** Where calls ring: this browser, the desk telephone, or any number; with what is in the way of each. */
export default function SeatDialog({ me, onClose }: { me: Me; onClose(): void }) {
  const { t } = useTranslation(['desk', 'common', 'phone']);
  const fail = useFailure();
  const phone = usePhone();
  const [seat, setSeat] = useState<Seat>(me.seat);
  const [busy, setBusy] = useState(false);
  const number = seat.number?.replace(/[\s-]/g, '') || undefined;
  const { data } = useQuery({
    queryKey: ['seats', me.extension, number],
    queryFn: () => get<{ items: SeatChoiceView[] }>(`/agents/${me.extension}/seats`, { number }),
    refetchInterval: 3_000,
    retry: false,
    placeholderData: (before) => before,
  });

  async function save(): Promise<void> {
    setBusy(true);
    const { kind, confirm = true, persistent = false } = seat;
    try {
      await put(`/agents/${me.extension}/seat`, kind === 'phone' ? { kind, number, confirm, persistent } : { kind });
      onClose();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }
  function status(kind: Seat['kind']): string {
    // The page becomes a telephone by being chosen.
    if (kind === 'softphone' && phone.status === 'off') return t('seatBrowserHint');
    if (kind === 'softphone') return t(`phone:status.${phone.status}`);
    const choice = data?.items.find((one) => one.kind === kind);
    if (!choice) return '';
    if (choice.reachable) return t('reachable');
    return kind === 'sip' ? t('seatNoPhone') : number === undefined ? t('seatNoNumber') : t('seatNoTrunk');
  }
  const footer = (
    <>
      <Button onClick={onClose}>{t('common:cancel')}</Button>
      <Button type="primary" loading={busy} disabled={seat.kind === 'phone' && !number} onClick={() => void save()}>
        {t('useSeat')}
      </Button>
    </>
  );
  return (
    <Modal open title={t('seatTitle')} onCancel={onClose} footer={footer} width={520}>
      <fieldset className="seat-choices">
        <legend className="quiet">{t('seatTitle')}</legend>
        {KINDS.map((kind) => (
          <label key={kind} data-chosen={seat.kind === kind}>
            <input type="radio" name="seat" checked={seat.kind === kind} onChange={() => setSeat({ ...seat, kind })} />
            <span aria-hidden>{SEAT_ICONS[kind]}</span>
            <span>
              <b>{t(`seatLong.${kind}`)}</b>
              <span className="note">{status(kind)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {seat.kind === 'phone' ? (
        <div className="seat-number">
          <Input
            value={seat.number ?? ''}
            onChange={(event) => setSeat({ ...seat, number: event.target.value })}
            placeholder={t('seatNumber')}
            aria-label={t('seatNumber')}
            inputMode="tel"
            maxLength={40}
          />
          <Checkbox checked={seat.confirm ?? true} onChange={(event) => setSeat({ ...seat, confirm: event.target.checked })}>
            {t('seatConfirm')}
          </Checkbox>
          <Checkbox checked={seat.persistent ?? false} onChange={(event) => setSeat({ ...seat, persistent: event.target.checked })}>
            {t('seatPersistent')}
          </Checkbox>
        </div>
      ) : null}
      {seat.kind === 'softphone' ? <AudioTest /> : null}
    </Modal>
  );
}
