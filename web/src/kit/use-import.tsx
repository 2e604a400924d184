import type { FieldProblem } from '@yixian/contracts/browser';
import { Modal, Table, Typography } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../app/api.js';
import { useFailure, useFaultWords } from '../app/use-failure.js';

/** As long as a file of a hundred thousand lines may take. */
const IMPORT_DEADLINE_MS = 300_000;

interface Refusal {
  file: string;
  faults: FieldProblem[];
  count: number;
}

/** What an import sends, beside its body. */
export const csvInit = (): RequestInit => ({
  headers: { 'content-type': 'text/csv' },
  signal: AbortSignal.timeout(IMPORT_DEADLINE_MS),
});

/**
 * Runs imports of files, and tells all that is wrong with one, line by line.
 * @returns `run`, resolving true when it was taken; `told`, to be shown somewhere on the page
 */
export function useImport(): { run(file: string, work: () => Promise<unknown>): Promise<boolean>; told: ReactNode } {
  const { t } = useTranslation('imports');
  const fail = useFailure();
  const words = useFaultWords();
  const [refusal, setRefusal] = useState<Refusal>();
  const run = async (file: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      const { fields, faults } = (error instanceof ApiError ? error.details : {}) as { fields?: FieldProblem[]; faults?: number };
      if (fields && fields.length > 0) setRefusal({ file, faults: fields, count: faults ?? fields.length });
      else fail(error instanceof SyntaxError ? new Error(t('noJson', { message: error.message })) : error);
      return false;
    }
  };
  const where = ({ field }: FieldProblem): string => {
    const line = /^line (\d+)$/.exec(field);
    if (line) return t('line', { n: line[1] });
    const item = /^[a-z]+\.(\d+)(?:\.(.+))?$/.exec(field);
    return item ? `${t('item', { n: Number(item[1]) + 1 })} ${item[2] ?? ''}` : field;
  };
  const told = (
    <Modal
      open={refusal !== undefined}
      title={t('refused', { file: refusal?.file, n: refusal?.count })}
      onCancel={() => setRefusal(undefined)}
      onOk={() => setRefusal(undefined)}
      okText={t('understood')}
      cancelButtonProps={{ style: { display: 'none' } }}
      width={640}
    >
      <Typography.Paragraph type="secondary">
        {t('refusedHelp')} {refusal && refusal.count > refusal.faults.length ? t('first', { n: refusal.faults.length }) : ''}
      </Typography.Paragraph>
      <Table<FieldProblem>
        size="small"
        rowKey={(fault) => `${fault.field} ${fault.problem}`}
        dataSource={refusal?.faults ?? []}
        pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
        columns={[
          { key: 'where', title: t('where'), width: 140, render: (_, fault) => where(fault) },
          { key: 'problem', title: t('problem'), render: (_, fault) => words(fault) },
        ]}
      />
    </Modal>
  );
  return { run, told };
}
