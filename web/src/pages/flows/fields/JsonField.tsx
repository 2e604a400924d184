import { Input } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  id: string;
  value: unknown;
  onChange(value: unknown): void;
  rows?: number;
  label?: string;
}

/** A value as JSON; taken over as soon as it is valid. */
export function JsonField({ id, value, onChange, rows = 4, label }: Props) {
  const { t } = useTranslation('flows');
  const shown = value === undefined ? '' : JSON.stringify(value, null, 2);
  const [text, setText] = useState(shown);
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    // what is written stands as long as it means the same
    setText((now) => (meaning(now) === meaning(shown) ? now : shown));
    setFault(undefined);
  }, [shown]);
  const type = (next: string): void => {
    setText(next);
    try {
      const parsed: unknown = next.trim() === '' ? undefined : JSON.parse(next);
      setFault(undefined);
      onChange(parsed);
    } catch (error) {
      setFault(t('panel.jsonBad', { message: error instanceof Error ? error.message : String(error) }));
    }
  };
  return (
    <>
      <Input.TextArea
        id={id}
        {...(label === undefined ? {} : { 'aria-label': label })}
        {...(fault === undefined ? {} : { status: 'error' as const, 'aria-invalid': true })}
        autoSize={{ minRows: rows, maxRows: 24 }}
        spellCheck={false}
        style={{ fontFamily: 'monospace', fontSize: 12 }}
        value={text}
        onChange={(event) => type(event.target.value)}
      />
      {fault === undefined ? null : (
        <div role="alert" className="flow-fault">
          {fault}
        </div>
      )}
    </>
  );
}

function meaning(text: string): string | undefined {
  try {
    return text.trim() === '' ? '' : JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}
