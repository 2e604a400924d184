import { DownloadOutlined, PlusOutlined, SwapOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Descriptions, Flex, Segmented, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, withQuery } from '../../app/api.js';
import { clockText } from '../../app/time.js';
import { useFailure } from '../../app/use-failure.js';
import { saveBlob, useBlobUrl } from '../../kit/blob.js';
import { ResourcePage, useRows } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';
import { PromptDialog } from '../flows/prompts/PromptDialog.js';

type Language = 'zh' | 'en';

function Origin({ row }: { row: Row }) {
  const { t } = useTranslation('admin');
  return <Tag color={row.origin === 'uploaded' ? 'blue' : 'default'}>{t(`prompts.originIs.${row.origin}`)}</Tag>;
}

interface MakeProps {
  spec: ResourceSpec;
  language: Language;
  /** The one that is replaced; a new one without it. */
  id?: string;
}

/** Opens the dialog that uploads, records or speaks one. */
function Make({ spec, language, id }: MakeProps) {
  const { t } = useTranslation('admin');
  const queries = useQueryClient();
  const rows = useRows(spec);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        type={id === undefined ? 'primary' : 'default'}
        icon={id === undefined ? <PlusOutlined /> : <SwapOutlined />}
        onClick={() => setOpen(true)}
      >
        {t(id === undefined ? 'prompts.add' : 'prompts.replace')}
      </Button>
      <PromptDialog
        open={open}
        id={id}
        set={language}
        known={(rows.data ?? []).map((row) => String(row.id))}
        onClose={() => setOpen(false)}
        onSaved={() => void queries.invalidateQueries()}
      />
    </>
  );
}

function Prompt({ row, spec, language }: { row: Row; spec: ResourceSpec; language: Language }) {
  const { t } = useTranslation('admin');
  const fail = useFailure();
  const rows = useRows(spec);
  // what was replaced meanwhile is shown as it is now
  const now = rows.data?.find((one) => one.id === row.id) ?? row;
  const path = withQuery(`/prompts/${row.id}/audio`, { language });
  const { url } = useBlobUrl(path);
  const items = [
    { key: 'text', label: t('prompts.text'), children: String(now.text ?? '') },
    { key: 'origin', label: t('prompts.origin'), children: <Origin row={now} /> },
    { key: 'format', label: t('prompts.format'), children: String(now.format) },
    { key: 'duration', label: t('prompts.durationSeconds'), children: clockText(1000 * Number(now.durationSeconds)) },
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
        <Make spec={spec} language={language} id={String(row.id)} />
      </Flex>
    </Flex>
  );
}

function specOf(language: Language, onLanguage: (language: Language) => void, t: (key: string) => string): ResourceSpec {
  const spec: ResourceSpec = {
    name: 'prompts',
    path: '/prompts',
    query: { language },
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
    below: (_, row) => (row ? <Prompt row={row} spec={spec} language={language} /> : null),
  };
  const options = (['zh', 'en'] as const).map((value) => ({ value, label: t(`prompts.setIs.${value}`) }));
  spec.actions = (
    <>
      <Segmented<Language> aria-label={t('prompts.set')} value={language} onChange={onLanguage} options={options} />
      <Make spec={spec} language={language} />
    </>
  );
  return spec;
}

/** 提示音 of both languages: hear, replace, bring in. */
export default function PromptsPage() {
  const { t } = useTranslation('admin');
  const [language, setLanguage] = useState<Language>('zh');
  const spec = useMemo(() => specOf(language, setLanguage, t), [language, t]);
  return <ResourcePage spec={spec} />;
}
