import { PhoneOutlined, SoundOutlined } from '@ant-design/icons';
import type { SimulationInput, SimulationView } from '@yixian/contracts/browser';
import { Button, Flex, Input, InputNumber } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { named } from '../model/words.js';

const KEYS = [...'123456789*0#'];

/** What the caller can do now, or what the world can answer. */
export function Inputs({ view, onInput }: { view: SimulationView; onInput(what: SimulationInput): void }) {
  const { t } = useTranslation('flows');
  const waiting = view.waiting;
  const result = (word: string, what: SimulationInput) => (
    <Button key={word} size="small" onClick={() => onInput(what)}>
      {named(t, 'simulate.result', word)}
    </Button>
  );
  const hangUp = (
    <Button size="small" danger icon={<PhoneOutlined />} onClick={() => onInput({ hangUp: true })}>
      {t('simulate.hangUp')}
    </Button>
  );
  if (waiting?.for === 'collect' || waiting?.for === 'play') {
    return (
      <>
        <Keypad long={waiting.for === 'collect' && 'maxDigits' in waiting && waiting.maxDigits > 1} onKeys={(keys) => onInput({ keys })} />
        <Flex gap={6}>
          {waiting.for === 'play' ? (
            <Button size="small" icon={<SoundOutlined />} onClick={() => onInput({ heard: true })}>
              {t('simulate.skip')}
            </Button>
          ) : (
            <Button size="small" onClick={() => onInput({ silence: true })}>
              {t('simulate.silence')}
            </Button>
          )}
          {hangUp}
        </Flex>
      </>
    );
  }
  return (
    <Flex wrap gap={6}>
      {waiting?.for === 'enqueue'
        ? [
            result('served', { queueResult: { outcome: 'served', agent: '1001', callerStays: true } }),
            result('served-ended', { queueResult: { outcome: 'served', agent: '1001', callerStays: false } }),
            ...(['timeout', 'no-agents', 'full', 'closed', 'failed', 'callback'] as const).map((outcome) =>
              result(outcome, { queueResult: { outcome, agent: '1001', callerStays: true } }),
            ),
          ]
        : null}
      {waiting?.for === 'transfer'
        ? (['connected', 'busy', 'no-answer', 'failed', 'not-allowed'] as const).map((outcome) =>
            result(outcome, { transferResult: { outcome, callerStays: true } }),
          )
        : null}
      {waiting?.for === 'voicemail' || waiting?.for === 'record'
        ? [result('message', { messageSeconds: 10 }), result('noMessage', { messageSeconds: 0 })]
        : null}
      {waiting?.for === 'requestCallback'
        ? [result('ok', { callbackResult: 'ok' }), result('refused', { callbackResult: 'conflict' })]
        : null}
      {waiting?.for === 'park'
        ? (['retrieved', 'timeout', 'unavailable'] as const).map((outcome) =>
            result(outcome, { parkResult: { outcome, callerStays: true } }),
          )
        : null}
      {waiting?.for === 'http' ? <HttpAnswer onInput={onInput} /> : null}
      {hangUp}
    </Flex>
  );
}

function Keypad({ long, onKeys }: { long: boolean; onKeys(keys: string): void }) {
  const { t } = useTranslation('flows');
  const [typed, setTyped] = useState('');
  const press = (key: string): void => (long ? setTyped((now) => now + key) : onKeys(key));
  return (
    <>
      {long ? (
        <Input.Search
          size="small"
          aria-label={t('simulate.keypad')}
          value={typed}
          enterButton={t('simulate.answer')}
          onChange={(event) => setTyped(event.target.value.replace(/[^0-9*#]/g, ''))}
          onSearch={() => {
            if (typed !== '') onKeys(typed);
            setTyped('');
          }}
        />
      ) : null}
      <fieldset
        className="flow-keys"
        aria-label={t('simulate.keypad')}
        style={{ border: 0, padding: 0, margin: 0 }}
        onKeyDown={({ key, ctrlKey, metaKey, altKey }) => {
          if (KEYS.includes(key) && !ctrlKey && !metaKey && !altKey) press(key);
        }}
      >
        {KEYS.map((key) => (
          <Button key={key} onClick={() => press(key)}>
            {key}
          </Button>
        ))}
      </fieldset>
    </>
  );
}

function HttpAnswer({ onInput }: { onInput(what: SimulationInput): void }) {
  const { t } = useTranslation('flows');
  const [status, setStatus] = useState(200);
  const [body, setBody] = useState('{}');
  let parsed: unknown;
  let valid = true;
  try {
    parsed = body.trim() === '' ? undefined : JSON.parse(body);
  } catch {
    valid = false;
  }
  return (
    <Flex vertical gap={6} style={{ width: '100%' }}>
      <Flex gap={6}>
        <InputNumber
          size="small"
          aria-label={t('simulate.httpStatus')}
          min={100}
          max={599}
          value={status}
          onChange={(next) => setStatus(next ?? 200)}
        />
        <Button
          size="small"
          type="primary"
          disabled={!valid}
          onClick={() => onInput({ httpResult: { status, ...(parsed === undefined ? {} : { body: parsed }) } })}
        >
          {t('simulate.answer')}
        </Button>
        {(['timeout', 'unreachable'] as const).map((outcome) => (
          <Button key={outcome} size="small" onClick={() => onInput({ httpResult: outcome })}>
            {named(t, 'simulate.result', outcome)}
          </Button>
        ))}
      </Flex>
      <Input.TextArea
        aria-label={t('simulate.httpBody')}
        autoSize={{ minRows: 2, maxRows: 8 }}
        {...(valid ? {} : { status: 'error' as const })}
        style={{ fontFamily: 'monospace', fontSize: 12 }}
        value={body}
        onChange={(event) => setBody(event.target.value)}
      />
    </Flex>
  );
}
