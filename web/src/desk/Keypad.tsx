import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFailure } from '../app/use-failure.js';
import { callActions, type MyCall } from './my-call.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** Keys into the call, for the menu of whoever was called; by the keyboard, too. */
export function Keypad({ call }: { call: MyCall }) {
  const { t } = useTranslation('desk');
  const fail = useFailure();
  const [sent, setSent] = useState('');
  const press = (key: string): void => {
    setSent((before) => (before + key).slice(-24));
    callActions.keys(call, key).catch(fail);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons are there; a key pressed among them is a short cut
    <div className="keypad" onKeyDown={(event) => KEYS.includes(event.key) && press(event.key)}>
      <output aria-label={t('keysSent')}>{sent || ' '}</output>
      {KEYS.map((key) => (
        <Button key={key} onClick={() => press(key)}>
          {key}
        </Button>
      ))}
    </div>
  );
}
