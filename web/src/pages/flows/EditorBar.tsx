import {
  AppstoreAddOutlined,
  ArrowLeftOutlined,
  CloudUploadOutlined,
  PartitionOutlined,
  PhoneOutlined,
  QuestionOutlined,
  RedoOutlined,
  SaveOutlined,
  SettingOutlined,
  UndoOutlined,
} from '@ant-design/icons';
import { App, Button, Dropdown, Flex, Input, Modal, Popover, Tag, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { post } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { useFailure } from '../../app/use-failure.js';
import { useEditor } from './context.js';
import { FindNode } from './FindNode.js';
import { NameSelect } from './fields/NameSelect.js';
import { named } from './model/words.js';
import type { FlowDetail } from './types.js';
import type { Draft } from './use-draft.js';

interface Props {
  flow: FlowDetail;
  draft: Draft;
  wide: boolean;
  onSave(): void;
  onPublish(): void;
  onArrange(): void;
  onFind(id: string): void;
  onProblems(): void;
  onPanel(): void;
  onAdd(type: string): void;
}

/** Name and state of the flow, and what can be done with all of it. */
export function EditorBar({ flow, draft, wide, onSave, onPublish, onArrange, onFind, onProblems, onPanel, onAdd }: Props) {
  const { t } = useTranslation('flows');
  const navigate = useNavigate();
  const { doc, types } = useEditor();
  const problems = draft.problems.length;
  return (
    <header className="flow-bar">
      <Button
        type="text"
        icon={<ArrowLeftOutlined />}
        aria-label={t('editor.back')}
        title={t('editor.back')}
        onClick={() => void navigate('/flows')}
      />
      <Typography.Text strong ellipsis style={{ maxWidth: 220 }} title={doc.name}>
        {doc.name}
      </Typography.Text>
      <Tag color={draft.dirty ? 'orange' : 'default'} data-testid="draft-state">
        {draft.dirty ? t('editor.unsaved') : t('editor.allSaved')}
      </Tag>
      {/* not `loading`: that fades the words below what can be read */}
      <Button size="small" danger={problems > 0 && !draft.checking} onClick={onProblems} data-testid="problems">
        {draft.checking ? t('editor.checking') : problems > 0 ? t('editor.problemsCount', { n: problems }) : t('editor.noProblems')}
      </Button>
      <span style={{ flex: 1 }} />
      <FindNode onFind={onFind} />
      {wide ? null : (
        <>
          <Dropdown
            trigger={['click']}
            menu={{
              items: [...types.keys()].map((type) => ({ key: type, label: named(t, 'type', type) })),
              onClick: ({ key }) => onAdd(key),
              style: { maxHeight: '60dvh', overflow: 'auto' },
            }}
          >
            <Button icon={<AppstoreAddOutlined />} aria-label={t('editor.palette')} />
          </Dropdown>
          <Button icon={<SettingOutlined />} aria-label={t('tab.node')} onClick={onPanel} />
        </>
      )}
      <Button
        icon={<UndoOutlined />}
        disabled={!draft.canUndo}
        aria-label={t('editor.undo')}
        title={`${t('editor.undo')} (Ctrl+Z)`}
        onClick={draft.undo}
      />
      <Button
        icon={<RedoOutlined />}
        disabled={!draft.canRedo}
        aria-label={t('editor.redo')}
        title={`${t('editor.redo')} (Ctrl+Y)`}
        onClick={draft.redo}
      />
      <Button icon={<PartitionOutlined />} aria-label={t('editor.layout')} title={t('editor.layout')} onClick={onArrange} />
      {wide ? <Shortcuts /> : null}
      <CallDraft flow={flow} dirty={draft.dirty} />
      <Button icon={<SaveOutlined />} disabled={!draft.dirty} onClick={onSave} title="Ctrl+S" aria-label={t('editor.save')}>
        {wide ? t('editor.save') : null}
      </Button>
      <Button type="primary" icon={<CloudUploadOutlined />} onClick={onPublish}>
        {t('editor.publish')}
      </Button>
    </header>
  );
}

/** What the keyboard can do here, for those who ask. */
function Shortcuts() {
  const { t } = useTranslation('flows');
  const keys = Object.entries(t('editor.shortcut', { returnObjects: true }) as Record<string, string>);
  const list = (
    <dl className="flow-shortcuts">
      {keys.map(([key, what]) => (
        <div key={key} style={{ display: 'contents' }}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <Popover trigger="click" placement="bottomRight" title={t('editor.keys')} content={list}>
      <Button icon={<QuestionOutlined />} aria-label={t('editor.keys')} title={t('editor.keys')} />
    </Popover>
  );
}

/** The saved draft on a real telephone. */
function CallDraft({ flow, dirty }: { flow: FlowDetail; dirty: boolean }) {
  const { t } = useTranslation(['flows', 'common']);
  const user = useUser();
  const fail = useFailure();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const [extension, setExtension] = useState(user.extension ?? '');
  const [called, setCalled] = useState('');
  const call = async (): Promise<void> => {
    try {
      await post(`/flows/${flow.id}/call`, { extension, ...(called === '' ? {} : { called }) });
      void message.success(t('editor.callStarted', { extension }));
      setOpen(false);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <>
      <Button
        icon={<PhoneOutlined />}
        disabled={dirty}
        aria-label={t('editor.call')}
        title={t('editor.call')}
        onClick={() => setOpen(true)}
      />
      <Modal
        open={open}
        title={t('editor.call')}
        okText={t('common:confirm')}
        cancelText={t('common:cancel')}
        okButtonProps={{ disabled: extension === '' }}
        onOk={() => void call()}
        onCancel={() => setOpen(false)}
      >
        <Typography.Paragraph>{t('editor.callHint')}</Typography.Paragraph>
        <Flex vertical gap={8}>
          <label htmlFor="call-extension">{t('editor.extension')}</label>
          <NameSelect id="call-extension" kind="extension" value={extension} onChange={(next) => setExtension(next ?? '')} />
          <label htmlFor="call-called">{t('editor.calledNumber')}</label>
          <Input id="call-called" value={called} onChange={(event) => setCalled(event.target.value)} />
        </Flex>
      </Modal>
    </>
  );
}
