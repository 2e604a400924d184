import { Button, Flex, Typography } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../context.js';
import { documentFault, type FlowDocument, type Problem, reusing } from '../model/document.js';
import { JsonFault, lineOf, offsetOf, readJson } from '../model/json-text.js';
import { problemText } from '../model/words.js';

/** How soon after the last key the canvas follows the text. */
const TAKE_AFTER_MS = 300;
const MOST_SHOWN = 50;

interface Fault {
  offset: number;
  /** Undefined: it is no JSON; else what keeps it from being a flow. */
  field: string | undefined;
}

const textOf = (doc: FlowDocument): string => JSON.stringify(doc, null, 2);

function faultOf(text: string): Fault | undefined {
  try {
    const { value, offsets } = readJson(text);
    const field = documentFault(value);
    return field === undefined ? undefined : { offset: offsetOf(offsets, field), field };
  } catch (error) {
    if (error instanceof JsonFault) return { offset: error.offset, field: undefined };
    throw error;
  }
}

/** The whole flow as JSON; taken over as soon as it is a flow, and every fault with the line it is in. */
export function JsonPanel({ onChange }: { onChange(doc: FlowDocument, about: string): void }) {
  const { t } = useTranslation('flows');
  const { doc, problems } = useEditor();
  const [text, setText] = useState(() => textOf(doc));
  const taken = useRef(doc);
  const area = useRef<HTMLTextAreaElement>(null);
  /** What was typed here and is not on the canvas yet. */
  const typed = useRef<string>(undefined);
  useEffect(() => {
    // changed elsewhere, e.g. undone: the text follows, and what was being typed is over
    if (taken.current === doc) return;
    taken.current = doc;
    typed.current = undefined;
    setText(textOf(doc));
  }, [doc]);
  const fault = useMemo(() => faultOf(text), [text]);
  const take = useCallback((): void => {
    const own = typed.current;
    if (own === undefined || faultOf(own)) return;
    typed.current = undefined;
    const next = reusing(taken.current, JSON.parse(own) as FlowDocument);
    if (next === taken.current) return;
    taken.current = next;
    onChange(next, 'flow.json');
  }, [onChange]);
  useEffect(() => {
    const timer = setTimeout(take, TAKE_AFTER_MS, text);
    return () => clearTimeout(timer);
  }, [text, take]);
  // who goes on to another tab has not changed his mind
  useEffect(() => take, [take]);

  const goTo = (offset: number): void => {
    const field = area.current;
    if (!field) return;
    field.focus();
    const { line } = lineOf(text, offset);
    field.setSelectionRange(offset, offset);
    const height = field.scrollHeight / Math.max(1, text.split('\n').length);
    field.scrollTop = Math.max(0, (line - 4) * height);
  };
  return (
    <Flex vertical gap={8}>
      <Typography.Text type="secondary" id="flow-json-hint" style={{ fontSize: 12 }}>
        {t('json.hint')}
      </Typography.Text>
      <textarea
        ref={area}
        id="flow-json"
        className="flow-json"
        aria-label={t('json.title')}
        aria-describedby="flow-json-hint"
        aria-invalid={fault !== undefined}
        spellCheck={false}
        wrap="off"
        value={text}
        onBlur={take}
        onChange={(event) => {
          typed.current = event.target.value;
          setText(event.target.value);
        }}
      />
      {fault ? (
        <div role="alert" className="flow-fault" data-testid="json-fault">
          <Button size="small" danger onClick={() => goTo(fault.offset)}>
            {t('json.at', lineOf(text, fault.offset))}
          </Button>{' '}
          {fault.field === undefined ? t('json.noJson') : t('json.noFlow', { field: fault.field || t('json.all') })}
        </div>
      ) : (
        <Faults text={text} problems={problems} onGo={goTo} />
      )}
    </Flex>
  );
}

/** What the validator says, line by line. */
function Faults({ text, problems, onGo }: { text: string; problems: readonly Problem[]; onGo(offset: number): void }) {
  const { t } = useTranslation('flows');
  const offsets = useMemo(() => readJson(text).offsets, [text]);
  if (problems.length === 0) return <span className="flow-good">{t('editor.noProblems')}</span>;
  const found = problems.slice(0, MOST_SHOWN).map((one) => {
    const path = one.node === null ? one.field : ['nodes', one.node, ...(one.field === '' ? [] : [one.field])].join('.');
    return { path, message: one.message, offset: offsetOf(offsets, path) };
  });
  return (
    <ul className="flow-json-faults" aria-label={t('editor.problems')}>
      {found
        .sort((a, b) => a.offset - b.offset)
        .map(({ path, message, offset }) => (
          <li key={`${path} ${message}`}>
            <Button size="small" onClick={() => onGo(offset)}>
              {t('json.line', lineOf(text, offset))}
            </Button>{' '}
            {path}：{problemText(t, message, false)}
          </li>
        ))}
    </ul>
  );
}
