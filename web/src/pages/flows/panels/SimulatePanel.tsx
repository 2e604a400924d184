import { PlayCircleOutlined, ReloadOutlined } from '@ant-design/icons';
import type { SimulationEvent, SimulationInput, SimulationView } from '@yixian/contracts/browser';
import { Alert, Button, Collapse, Flex, Form, Input, Switch, Typography } from 'antd';
import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { del, post } from '../../../app/api.js';
import { useFailure } from '../../../app/use-failure.js';
import { useDoorReason } from '../../../components/door-reason.js';
import type { Lit } from '../Canvas.js';
import { nameAmong, useEditor } from '../context.js';
import type { FlowDocument } from '../model/document.js';
import { named } from '../model/words.js';
import { HearButton } from '../prompts/HearButton.js';
import { play, sourcesOf, stopPlaying } from '../prompts/player.js';
import { Inputs } from './SimulateInputs.js';

interface Props {
  doc: FlowDocument;
  onLit(lit: Lit | undefined): void;
}

interface Running {
  view: SimulationView;
  events: SimulationEvent[];
}

/** A call of the editor's own: the server's interpreter, told what the caller does. */
export function SimulatePanel({ doc, onLit }: Props) {
  const { t } = useTranslation('flows');
  const fail = useFailure();
  const [caller, setCaller] = useState('13800000000');
  const [called, setCalled] = useState('12320');
  const [at, setAt] = useState('');
  const [sound, setSound] = useState(false);
  const [running, setRunning] = useState<Running>();
  const [busy, setBusy] = useState(false);
  const session = useRef<string>(undefined);
  const heard = useRef<SimulationEvent[]>([]);
  const base = `/flows/${doc.id}/simulate`;

  useEffect(() => onLit(running && litBy(doc.id, running)), [running, doc.id, onLit]);
  useEffect(
    () => () => {
      stopPlaying();
      onLit(undefined);
      if (session.current) void del(`${base}/${session.current}`).catch(() => undefined);
    },
    [base, onLit],
  );

  async function run(ask: () => Promise<SimulationView>, earlier: SimulationEvent[]): Promise<void> {
    setBusy(true);
    try {
      const view = await ask();
      session.current = view.session;
      heard.current = [...earlier, ...view.events];
      setRunning({ view, events: heard.current });
      listen(view);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }

  /** With sound on, what is said is heard; at its end the flow goes on by itself. */
  function listen(view: SimulationView): void {
    const said = view.events.findLast((one) => one.kind === 'said');
    if (view.waiting?.for !== 'play' || said?.kind !== 'said') return;
    void play('simulation', sourcesOf(said.items, said.language)).then(
      (whole) => whole && session.current === view.session && input({ heard: true }, view),
      fail,
    );
  }

  const start = (): Promise<void> => {
    stopPlaying();
    const facts = { document: doc, caller, called, stopAtPrompts: sound, ...(at === '' ? {} : { at }) };
    return run(() => post<SimulationView>(base, facts), []);
  };
  function input(what: SimulationInput, of?: SimulationView): void {
    const current = of ?? running?.view;
    if (!current) return;
    if (!('heard' in what)) stopPlaying();
    const silent: SimulationEvent[] = 'silence' in what ? [{ kind: 'keys', keys: '' }] : [];
    void run(() => post<SimulationView>(`${base}/${current.session}/input`, what), [...heard.current, ...silent]);
  }
  const stop = (): void => {
    stopPlaying();
    if (session.current) void del(`${base}/${session.current}`).catch(() => undefined);
    session.current = undefined;
    setRunning(undefined);
  };

  return (
    <Flex vertical gap={10}>
      <Form layout="vertical" component="div" size="small">
        <Flex gap={8}>
          <Form.Item label={t('simulate.caller')} htmlFor="sim-caller" style={{ flex: 1, marginBottom: 8 }}>
            <Input id="sim-caller" value={caller} onChange={(event) => setCaller(event.target.value)} />
          </Form.Item>
          <Form.Item label={t('simulate.called')} htmlFor="sim-called" style={{ flex: 1, marginBottom: 8 }}>
            <Input id="sim-called" value={called} onChange={(event) => setCalled(event.target.value)} />
          </Form.Item>
        </Flex>
        <Form.Item label={t('simulate.at')} htmlFor="sim-at" style={{ marginBottom: 8 }}>
          <Input id="sim-at" type="datetime-local" value={at} onChange={(event) => setAt(event.target.value.slice(0, 16))} />
        </Form.Item>
        <Flex justify="space-between" align="center" gap={8} wrap>
          <Flex gap={6} align="center">
            <Switch id="sim-sound" size="small" checked={sound} onChange={setSound} aria-label={t('simulate.sound')} />
            <label htmlFor="sim-sound">{t('simulate.sound')}</label>
          </Flex>
          <Flex gap={6}>
            {running ? (
              <Button size="small" onClick={stop}>
                {t('simulate.stop')}
              </Button>
            ) : null}
            <Button
              size="small"
              type="primary"
              loading={busy}
              icon={running ? <ReloadOutlined /> : <PlayCircleOutlined />}
              onClick={() => void start()}
            >
              {running ? t('simulate.restart') : t('simulate.start')}
            </Button>
          </Flex>
        </Flex>
      </Form>
      {running ? <Call running={running} flowId={doc.id} doc={doc} onInput={(what) => input(what)} /> : null}
    </Flex>
  );
}

/** What of the open flow was passed; nodes of other flows are not on this canvas. */
function litBy(flowId: string, { view, events }: Running): Lit {
  const passed = events.flatMap((one) => (one.kind === 'node' ? [one] : []));
  const ways = new Set<string>();
  passed.forEach((one, i) => {
    const before = passed[i - 1];
    if (before && before.flow === flowId && one.flow === flowId) ways.add(`${before.node}>${one.node}`);
  });
  const here = view.node?.flow === flowId ? view.node.node : undefined;
  return { here, ways, passed: new Set(passed.filter((one) => one.flow === flowId).map((one) => one.node)) };
}

function Call({
  running: { view, events },
  flowId,
  doc,
  onInput,
}: {
  running: Running;
  flowId: string;
  doc: FlowDocument;
  onInput(what: SimulationInput): void;
}) {
  const { t } = useTranslation(['flows', 'records']);
  const { choices } = useEditor();
  return (
    <>
      <section aria-live="polite">
        {view.over ? (
          <Alert type="info" showIcon title={t('simulate.ended', { reason: endText(t, view.result) })} />
        ) : (
          <Flex vertical gap={8}>
            <Typography.Text strong data-testid="simulation-now">
              {view.node && view.node.flow !== flowId ? `${t('simulate.otherFlow', { flow: view.node.flow })} · ` : ''}
              {waitingText(t, view, choices)}
            </Typography.Text>
            <Inputs view={view} onInput={onInput} />
          </Flex>
        )}
      </section>
      <Typography.Text strong>
        {t('simulate.path')} · {view.at.replace('T', ' ')}
      </Typography.Text>
      <ol className="flow-events" data-testid="simulation-events">
        {events.map((one, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events only grow
          <EventLine key={i} id={`event-${i}`} event={one} doc={doc} />
        ))}
      </ol>
      <Collapse
        size="small"
        items={[{ key: 'variables', label: t('simulate.variables'), children: <Variables values={view.variables} /> }]}
        defaultActiveKey="variables"
      />
    </>
  );
}

/** Why it ended; of a fault what was wrong, too. */
function endText(t: TFunction<['flows', 'records']>, result: SimulationView['result']): string {
  if (!result) return '';
  const reason = t(`records:calls.reason.${result.reason as 'normal'}`, { defaultValue: result.reason });
  return result.reason.endsWith('-failure') && result.text ? `${reason} · ${result.text}` : reason;
}

/** What the subject of an effect is one of. */
const KIND_OF: Record<string, string> = { enqueue: 'queue', callback: 'queue', voicemail: 'box' };

function waitingText(
  t: ReturnType<typeof useTranslation>['t'],
  { waiting }: SimulationView,
  choices: ReturnType<typeof useEditor>['choices'],
): string {
  if (!waiting) return '';
  if (waiting.for === 'collect') return t('simulate.waitingKeys', { n: 'maxDigits' in waiting ? waiting.maxDigits : 1 });
  return t(`simulate.waiting.${waiting.for}`, { about: nameAmong(choices, KIND_OF[waiting.for] ?? '', waiting.about) });
}

function EventLine({ id, event, doc }: { id: string; event: SimulationEvent; doc: FlowDocument }) {
  const { t } = useTranslation('flows');
  const reasonText = useDoorReason();
  const { choices } = useEditor();
  switch (event.kind) {
    case 'node': {
      const label = event.flow === doc.id ? doc.nodes[event.node]?.label : undefined;
      return (
        <li>
          <b>{label ?? event.node}</b>
          <span style={{ color: 'var(--flow-dim)' }}>
            {named(t, 'type', event.type)}
            {event.flow === doc.id ? '' : ` · ${event.flow}`}
          </span>
        </li>
      );
    }
    case 'said': {
      const words = (id: string): string => choices.prompt?.find((one) => one.value === id)?.label ?? id;
      const text = event.items.map((item) => (item.prompt === null ? `「${item.text}」` : words(item.prompt))).join(' ');
      return (
        <li>
          <HearButton id={id} sources={sourcesOf(event.items, event.language)} of={text} />
          <span>{text}</span>
        </li>
      );
    }
    case 'keys':
      return <li>{event.keys === '' ? t('simulate.silent') : t('simulate.pressed', { keys: event.keys })}</li>;
    case 'score':
      return <li>{t('simulate.score', { score: event.score })}</li>;
    case 'schedule':
      return (
        <li>
          {t('simulate.schedule', {
            schedule: event.schedule,
            state: named(t, 'way', event.open ? 'open' : 'closed'),
            because: reasonText(event.because),
          })}
        </li>
      );
    case 'list':
      return <li>{t('simulate.list', { list: event.list, state: named(t, 'way', event.listed ? 'listed' : 'notListed') })}</li>;
    case 'asked':
      return (
        <li>
          {t(`simulate.waiting.${event.effect}`, {
            about: nameAmong(choices, KIND_OF[event.effect] ?? '', event.about),
            defaultValue: event.about,
          })}
        </li>
      );
    case 'warning':
      return <li className="flow-fault">{event.message}</li>;
    case 'end':
      return <li>{t('simulate.ended', { reason: event.text ?? event.reason })}</li>;
  }
}

function Variables({ values }: { values: Record<string, string> }) {
  return (
    <dl className="flow-variables">
      {Object.entries(values).map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value === '' ? '—' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
