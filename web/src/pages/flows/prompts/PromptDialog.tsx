import { AudioOutlined, UploadOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Flex, Form, Input, Modal, Segmented, Select, Upload } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, request, withQuery } from '../../../app/api.js';
import { clockText } from '../../../app/time.js';
import { useFailure } from '../../../app/use-failure.js';
import { useUnsaved } from '../../../kit/use-unsaved.js';
import { NODE_ID } from '../model/document.js';
import { HearButton } from './HearButton.js';
import { textSource } from './player.js';
import { telephoneWav } from './wav.js';

type Way = 'upload' | 'record' | 'speak';

interface Props {
  open: boolean;
  /** The prompt to replace; a new one without it. */
  id?: string | undefined;
  known: readonly string[];
  /** The set it belongs to; default the base set. */
  set?: 'zh' | 'en';
  onClose(): void;
  onSaved(id: string): void;
}

/** A prompt from a file, from the microphone, or from a text. */
export function PromptDialog({ open, id, known, set = 'zh', onClose, onSaved }: Props) {
  const { t } = useTranslation(['flows', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [way, setWay] = useState<Way>('upload');
  const [audio, setAudio] = useState<Blob>();
  const [text, setText] = useState('');
  const [language, setLanguage] = useState('zh-CN');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!open) return;
    setName(id ?? '');
    setAudio(undefined);
    setText('');
    setLanguage(set === 'en' ? 'en-US' : 'zh-CN');
  }, [open, id, set]);
  const unsaved = useUnsaved(open && (audio !== undefined || text.trim() !== ''));
  const ready = NODE_ID.test(name) && (way === 'speak' ? text.trim() !== '' : audio !== undefined);

  async function save(): Promise<void> {
    setBusy(true);
    try {
      const wav = { headers: { 'content-type': 'audio/wav' } };
      if (way === 'speak') await post(withQuery(`/prompts/${name}/speak`, { language: set }), { text: text.trim(), language });
      else if (known.includes(name)) await request('PUT', withQuery(`/prompts/${name}`, { language: set }), audio, wav);
      else await request('POST', withQuery('/prompts', { id: name, language: set }), audio, wav);
      await client.invalidateQueries({ queryKey: ['prompts'] });
      void message.success(t('prompt.saved', { id: name }));
      onSaved(name);
      onClose();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      open={open}
      title={t('prompt.title')}
      onCancel={() => unsaved.close(onClose)}
      okText={t('prompt.save')}
      cancelText={t('common:cancel')}
      okButtonProps={{ disabled: !ready, loading: busy }}
      onOk={() => void save()}
      destroyOnHidden
    >
      <Form layout="vertical" component="div">
        <Form.Item
          label={t('prompt.id')}
          htmlFor="prompt-id"
          {...(name !== '' && !NODE_ID.test(name) ? { validateStatus: 'error' as const, help: t('panel.idBad') } : {})}
        >
          <Input id="prompt-id" value={name} disabled={id !== undefined} maxLength={64} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        {known.includes(name) ? (
          <Alert type="warning" showIcon title={t('prompt.replaces', { id: name })} style={{ marginBottom: 12 }} />
        ) : null}
        <Segmented<Way>
          block
          value={way}
          onChange={setWay}
          options={[
            { value: 'upload', label: t('prompt.upload') },
            { value: 'record', label: t('prompt.record') },
            { value: 'speak', label: t('prompt.speak') },
          ]}
          style={{ marginBottom: 16 }}
        />
        {way === 'upload' ? <FromFile onAudio={setAudio} /> : null}
        {way === 'record' ? <FromMicrophone onAudio={setAudio} /> : null}
        {way === 'speak' ? (
          <>
            <Form.Item label={t('prompt.text')} htmlFor="prompt-text">
              <Input.TextArea id="prompt-text" rows={3} maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
            </Form.Item>
            <Flex gap={8} align="center">
              <Select
                aria-label={t('prompt.language')}
                value={language}
                onChange={setLanguage}
                options={[
                  { value: 'zh-CN', label: '中文' },
                  { value: 'en-US', label: 'English' },
                ]}
                style={{ width: 120 }}
              />
              <HearButton id="speak" sources={[textSource(text.trim(), language)]} disabled={text.trim() === ''} of={t('prompt.make')} />
            </Flex>
          </>
        ) : audio ? (
          <HearButton id="new-prompt" sources={[async () => audio]} of={name} />
        ) : null}
      </Form>
    </Modal>
  );
}

function FromFile({ onAudio }: { onAudio(audio: Blob | undefined): void }) {
  const { t } = useTranslation('flows');
  const [failed, setFailed] = useState(false);
  const take = async (file: Blob): Promise<void> => {
    setFailed(false);
    try {
      onAudio(await telephoneWav(file));
    } catch {
      onAudio(undefined);
      setFailed(true);
    }
  };
  return (
    <Flex vertical gap={8}>
      <Upload
        accept="audio/*,.wav"
        maxCount={1}
        beforeUpload={(file) => {
          void take(file);
          return false;
        }}
        onRemove={() => onAudio(undefined)}
      >
        <Button icon={<UploadOutlined />}>{t('prompt.choose')}</Button>
      </Upload>
      <span>{t('prompt.uploadHint')}</span>
      {failed ? <Alert type="error" showIcon title={t('prompt.unreadable')} /> : null}
    </Flex>
  );
}

function FromMicrophone({ onAudio }: { onAudio(audio: Blob | undefined): void }) {
  const { t } = useTranslation('flows');
  const [recorder, setRecorder] = useState<MediaRecorder>();
  const [since, setSince] = useState(0);
  const [now, setNow] = useState(0);
  const [failure, setFailure] = useState<string>();
  const live = useRef<MediaRecorder>(undefined);
  useEffect(() => () => live.current && silence(live.current.stream), []);
  useEffect(() => {
    if (!recorder) return undefined;
    const ticking = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(ticking);
  }, [recorder]);

  async function start(): Promise<void> {
    setFailure(undefined);
    onAudio(undefined);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, autoGainControl: true } });
      const made = new MediaRecorder(stream);
      const parts: Blob[] = [];
      made.ondataavailable = ({ data }) => parts.push(data);
      made.onstop = () => {
        silence(stream);
        setRecorder(undefined);
        telephoneWav(new Blob(parts, { type: made.mimeType })).then(onAudio, () => setFailure(t('prompt.unreadable')));
      };
      made.start();
      live.current = made;
      setSince(Date.now());
      setNow(Date.now());
      setRecorder(made);
    } catch (error) {
      setFailure(t('prompt.noMicrophone', { message: error instanceof Error ? error.message : String(error) }));
    }
  }

  return (
    <Flex vertical gap={8} align="start">
      {recorder ? (
        <Button danger icon={<AudioOutlined />} onClick={() => recorder.stop()}>
          {t('prompt.stopRecording')} · {t('prompt.recording', { time: clockText(now - since) })}
        </Button>
      ) : (
        <Button icon={<AudioOutlined />} onClick={() => void start()}>
          {t('prompt.startRecording')}
        </Button>
      )}
      {failure ? <Alert type="error" showIcon title={failure} /> : null}
    </Flex>
  );
}

/** Gives the microphone back. */
function silence(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
