import {
  AudioMutedOutlined,
  AudioOutlined,
  CaretRightOutlined,
  EllipsisOutlined,
  PauseOutlined,
  PhoneOutlined,
  SwapOutlined,
  TableOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { Button, Dropdown, type MenuProps, Popover, Tooltip } from 'antd';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFailure } from '../app/use-failure.js';
import { Since } from '../components/Since.js';
import { usePhaseWords } from './call-words.js';
import { Keypad } from './Keypad.js';
import { callActions, type MyCall, useRecordingState } from './my-call.js';
import { SHORTCUTS, type Shortcut, useShortcuts } from './shortcuts.js';

const TargetPicker = lazy(() => import('./TargetPicker.js'));

export type Picking = 'transfer' | 'consult' | 'invite';

interface ActionProps {
  icon: ReactNode;
  text: string;
  run: () => void;
  shortcut?: Shortcut;
  kind?: 'primary' | 'danger';
  pressed?: boolean;
  busy?: boolean;
}

function Action({ icon, text, run, shortcut, kind, pressed, busy }: ActionProps) {
  const key = shortcut && SHORTCUTS[shortcut];
  return (
    <Tooltip title={key ? `${text} (${key})` : text}>
      <Button
        icon={<span aria-hidden>{icon}</span>}
        onClick={run}
        loading={busy ?? false}
        {...(kind === 'primary' ? { type: 'primary' as const } : kind === 'danger' ? { type: 'primary' as const, danger: true } : {})}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed, ...(pressed ? { type: 'primary' as const, ghost: true } : {}) })}
        {...(key ? { 'aria-keyshortcuts': key } : {})}
      >
        <span className="action-text">{text}</span>
        {key ? <kbd aria-hidden>{key}</kbd> : null}
      </Button>
    </Tooltip>
  );
}

/** Runs an action, one at a time, and says what went wrong. */
function useRun(): { run(work: () => Promise<unknown>): void; busy: boolean } {
  const fail = useFailure();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    run(work) {
      if (busy) return;
      setBusy(true);
      work()
        .catch(fail)
        .finally(() => setBusy(false));
    },
  };
}

/** The call under way: who it is, and everything that can be done with it, whatever seat carries it. */
export function CallControls({ call }: { call: MyCall }) {
  const { t } = useTranslation('desk');
  const { phase, since, other } = usePhaseWords(call);
  return (
    <section className="desk-call" aria-label={t('currentCall')} data-phase={call.phase}>
      <span className="desk-number">
        <span>
          <b className="figures" data-testid="call-number">
            {call.number}
          </b>
          {other ? (
            <span className="note" data-testid="other-hears">
              {' '}
              {other}
            </span>
          ) : null}
        </span>
        <span className="note" data-testid="call-phase">
          {phase} <Since at={since} />
        </span>
      </span>
      {call.phase === 'ringing' ? <Ringing call={call} /> : <Talking call={call} />}
    </section>
  );
}

function Ringing({ call }: { call: MyCall }) {
  const { t } = useTranslation('desk');
  const { run, busy } = useRun();
  const answer = (): void => run(() => callActions.answer(call));
  const refuse = (): void => run(() => callActions.hangUp(call));
  useShortcuts({ answer, hangUp: refuse });
  return (
    <>
      <Action kind="primary" icon={<PhoneOutlined />} text={t('answer')} shortcut="answer" run={answer} busy={busy} />
      <Action kind="danger" icon={<PhoneOutlined rotate={225} />} text={t('refuse')} shortcut="hangUp" run={refuse} busy={busy} />
    </>
  );
}

function Talking({ call }: { call: MyCall }) {
  const { t } = useTranslation('desk');
  const { run, busy } = useRun();
  const [picking, setPicking] = useState<Picking>();
  const { consultation } = call;
  const aside = consultation ?? call.asked;
  // Whoever is away, or only listens, can do no more than leave.
  const lost = call.phase === 'lost' || call.watching;
  // Nobody is there yet who could be held or put through.
  const alone = lost || call.phase === 'dialling';
  const hangUp = (): void => run(() => callActions.hangUp(call));
  const hold = aside || alone ? undefined : (): void => run(() => callActions.hold(call));
  const mute = lost ? undefined : (): void => run(() => callActions.mute(call));
  const transfer = aside || alone ? undefined : (): void => setPicking('transfer');
  useShortcuts({ hangUp, hold, mute, transfer });
  return (
    <>
      <Action kind="danger" icon={<PhoneOutlined rotate={225} />} text={t('hangUp')} shortcut="hangUp" run={hangUp} />
      {hold ? (
        <Action
          icon={call.held ? <CaretRightOutlined /> : <PauseOutlined />}
          text={t(call.held ? 'resume' : 'hold')}
          shortcut="hold"
          pressed={call.held}
          run={hold}
          busy={busy}
        />
      ) : null}
      {mute ? (
        <Action
          icon={call.muted ? <AudioMutedOutlined /> : <AudioOutlined />}
          text={t(call.muted ? 'unmute' : 'mute')}
          shortcut="mute"
          pressed={call.muted}
          run={mute}
        />
      ) : null}
      {lost ? null : (
        <Popover trigger="click" content={<Keypad call={call} />} title={t('keypad')}>
          <Button icon={<TableOutlined />} aria-label={t('keypad')} />
        </Popover>
      )}
      {consultation ? <Consulting call={call} ringing={consultation.ringing} run={run} /> : null}
      {transfer ? <Action icon={<SwapOutlined />} text={t('transfer')} shortcut="transfer" run={transfer} /> : null}
      {alone ? null : <More call={call} pick={setPicking} run={run} />}
      {picking ? (
        <Suspense fallback={null}>
          <TargetPicker call={call} picking={picking} onClose={() => setPicking(undefined)} />
        </Suspense>
      ) : null}
    </>
  );
}

type Run = (work: () => Promise<unknown>) => void;

/** Somebody is asked aside: talk with the other, put through, join, or let be. */
function Consulting({ call, ringing, run }: { call: MyCall; ringing: boolean; run: Run }) {
  const { t } = useTranslation('desk');
  return (
    <>
      {ringing ? null : (
        <Button icon={<SwapOutlined />} onClick={() => run(() => callActions.swap(call))}>
          {t('swap')}
        </Button>
      )}
      <Button type="primary" onClick={() => run(() => callActions.complete(call))}>
        {t('complete')}
      </Button>
      <Button icon={<TeamOutlined />} onClick={() => run(() => callActions.join(call))}>
        {t('join')}
      </Button>
      <Button onClick={() => run(() => callActions.cancel(call))}>{t('cancelConsult')}</Button>
    </>
  );
}

function More({ call, pick, run }: { call: MyCall; pick(what: Picking): void; run: Run }) {
  const { t } = useTranslation('desk');
  const recording = useRecordingState(call.id);
  const verb = recording === 'none' ? 'start' : recording === 'on' ? 'pause' : 'resume';
  const alone = call.consultation === undefined && call.asked === undefined;
  const items: MenuProps['items'] = [
    ...(alone ? [{ key: 'consult', label: t('consult') }] : []),
    ...(alone ? [{ key: 'invite', label: t('invite') }] : []),
    ...(alone ? [{ key: 'park', label: t('park') }] : []),
    { key: 'recording', label: t(`recording.${verb}`) },
  ];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    if (key === 'consult' || key === 'invite') pick(key);
    else if (key === 'park') run(() => callActions.park(call));
    else run(() => callActions.recording(call, verb));
  };
  return (
    <>
      <Dropdown menu={{ items, onClick }} trigger={['click']}>
        <Button icon={<EllipsisOutlined />} aria-label={t('moreActions')} />
      </Dropdown>
      {recording === 'none' ? null : (
        <span className="note recording" data-testid="recording" data-recording={recording}>
          {t(recording === 'on' ? 'recording.on' : 'recording.paused')}
        </span>
      )}
    </>
  );
}
