import { DownloadOutlined, UploadOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Descriptions, Flex, Input, Modal, Tag, Upload } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, request, withQuery } from '../../app/api.js';
import { clockText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { saveBlob, useBlobUrl } from '../../kit/blob.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';

const WAV = { headers: { 'content-type': 'audio/wav' } };

function Origin({ row }: { row: Row }) {
  const { t } = useTranslation('admin');
  return <Tag color={row.origin === 'uploaded' ? 'blue' : 'default'}>{t(`prompts.originIs.${row.origin}`)}</Tag>;
}

function WavButton({ text, type, onFile }: { text: string; type?: 'primary'; onFile(file: File): void }) {
  return (
    <Upload
      accept=".wav,audio/wav"
      showUploadList={false}
      beforeUpload={(file) => {
        onFile(file);
        return false;
      }}
    >
      <Button type={type ?? 'default'} icon={<UploadOutlined />}>
        {text}
      </Button>
    </Upload>
  );
}

/** A new one: the file, then under which name flows and queues know it. */
function NewPrompt() {
  const { t } = useTranslation(['admin', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [id, setId] = useState('');
  const send = async (): Promise<void> => {
    try {
      await request('POST', withQuery('/prompts', { id }), file, WAV);
      void message.success(t('saved'));
      void queries.invalidateQueries();
      setFile(undefined);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <>
      <WavButton
        text={t('prompts.add')}
        type="primary"
        onFile={(chosen) => {
          setFile(chosen);
          setId(
            chosen.name
              .replace(/\.wav$/i, '')
              .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
              .replace(/^[-_]+/, ''),
          );
        }}
      />
      <Modal
        open={file !== undefined}
        title={t('prompts.nameIt')}
        onCancel={() => setFile(undefined)}
        onOk={() => void send()}
        okText={t('common:save')}
        cancelText={t('common:cancel')}
      >
        <Input aria-label={t('prompts.id')} value={id} onChange={(event) => setId(event.target.value)} />
      </Modal>
    </>
  );
}

function Prompt({ row }: { row: Row }) {
  const { t } = useTranslation(['admin', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const path = `/prompts/${row.id}/audio`;
  const { url } = useBlobUrl(path);
  const replace = async (file: File): Promise<void> => {
    try {
      await request('PUT', `/prompts/${row.id}`, file, WAV);
      void message.success(t('saved'));
      void queries.invalidateQueries();
    } catch (error) {
      fail(error);
    }
  };
  const items = [
    { key: 'text', label: t('prompts.text'), children: String(row.text ?? '') },
    { key: 'origin', label: t('prompts.origin'), children: <Origin row={row} /> },
    { key: 'format', label: t('prompts.format'), children: String(row.format) },
    { key: 'duration', label: t('prompts.durationSeconds'), children: clockText(1000 * Number(row.durationSeconds)) },
  ];
  return (
    <Flex vertical gap={16}>
      <Descriptions size="small" column={1} bordered items={items} />
      {/* biome-ignore lint/a11y/useMediaCaption: what it says stands above */}
      <audio controls src={url} aria-label={String(row.id)} style={{ width: '100%' }} />
      <Flex gap={8} wrap>
        <Button icon={<DownloadOutlined />} onClick={() => void download(path).then((blob) => saveBlob(blob, `${row.id}.wav`), fail)}>
          {t('download')}
        </Button>
        <WavButton text={t('prompts.replace')} onFile={(file) => void replace(file)} />
      </Flex>
    </Flex>
  );
}

const spec: ResourceSpec = {
  name: 'prompts',
  path: '/prompts',
  key: 'id',
  columns: [
    { name: 'id', width: 220 },
    { name: 'text', width: 360 },
    { name: 'origin', width: 110, render: (row) => <Origin row={row} /> },
    { name: 'durationSeconds', width: 90, align: 'right', render: (row) => clockText(1000 * Number(row.durationSeconds)) },
  ],
  start: {},
  fields: [],
  readOnly: true,
  actions: <NewPrompt />,
  below: (_, row) => (row ? <Prompt row={row} /> : null),
};

/** 提示音: hear, replace, bring in. */
export default function PromptsPage() {
  return <ResourcePage spec={spec} />;
}
