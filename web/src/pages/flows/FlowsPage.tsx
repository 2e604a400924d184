import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Result, Spin } from 'antd';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Route, Routes, useNavigate, useParams } from 'react-router';
import { get } from '../../app/api.js';
import { useErrorWords } from '../../app/use-failure.js';
import { useVocabulary } from './context.js';
import { FlowEditor } from './FlowEditor.js';
import { FlowList } from './FlowList.js';
import type { FlowDetail } from './types.js';

function OpenFlow() {
  const { t } = useTranslation(['flows', 'common']);
  const { id = '' } = useParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const vocabulary = useVocabulary();
  const key = ['flow', id];
  // What is edited must not be replaced under the editor's hands: read once.
  const flow = useQuery({
    queryKey: key,
    queryFn: () => get<FlowDetail>(`/flows/${encodeURIComponent(id)}`),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const changed = useCallback((fresh: FlowDetail) => client.setQueryData(['flow', fresh.id], fresh), [client]);
  const words = useErrorWords();
  const failed = flow.error ?? vocabulary.error;
  if (failed) {
    return (
      <Result
        status="404"
        title={t('editor.missing')}
        subTitle={words(failed).text}
        extra={
          <Button type="primary" onClick={() => void navigate('/flows')}>
            {t('editor.back')}
          </Button>
        }
      />
    );
  }
  if (!flow.data || !vocabulary.data) return <Spin style={{ display: 'block', margin: '20vh auto' }} />;
  return <FlowEditor key={id} flow={flow.data} vocabulary={vocabulary.data} onChanged={changed} />;
}

/** 流程: the list, and the editor of one. */
export default function FlowsPage() {
  return (
    <Routes>
      <Route index element={<FlowList />} />
      <Route path=":id" element={<OpenFlow />} />
    </Routes>
  );
}
