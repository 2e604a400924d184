import { DownloadOutlined, UploadOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Flex, Modal, Table, Typography, Upload } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Page, request } from '../../app/api.js';
import { saveBlob } from '../../kit/blob.js';
import { csvText } from '../../kit/csv.js';
import { csvInit, useImport } from '../../kit/use-import.js';

const COLUMNS = ['username', 'displayName', 'roles', 'extension', 'groups', 'skills', 'enabled', 'password'] as const;
/** A line to go by; the name is in the language of the page. */
const example = (name: string): string[] => ['wang.li', name, 'agent', '2001', 'demo', 'consult:8 complaint', 'true', ''];

interface Added {
  username: string;
  displayName: string;
  extension: string | null;
  password?: string;
  sipPassword?: string;
}

/** Many users out of a file; their new passwords are saved as one, once. */
export function ImportUsers() {
  const { t } = useTranslation(['imports', 'common', 'admin']);
  const queries = useQueryClient();
  const { run, told } = useImport();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [added, setAdded] = useState<Added[]>();
  const close = (): void => {
    setOpen(false);
    setAdded(undefined);
  };
  const send = async (file: File): Promise<void> => {
    setBusy(true);
    await run(file.name, async () => {
      const { items } = await request<Page<Added>>('POST', '/users/import', await file.text(), csvInit());
      setAdded(items);
      void queries.invalidateQueries();
    });
    setBusy(false);
  };
  const saveText = (name: string, head: string[], rows: string[][]): void =>
    saveBlob(new Blob([csvText(head, rows)], { type: 'text/csv' }), `${name}.csv`);
  const saveAccounts = (): void =>
    saveText(
      t('users.file'),
      [t('admin:users.username'), t('admin:users.displayName'), t('admin:users.extension'), t('users.password'), t('users.sipPassword')],
      (added ?? []).map((one) => [one.username, one.displayName, one.extension ?? '', one.password ?? '', one.sipPassword ?? '']),
    );
  return (
    <>
      <Button icon={<UploadOutlined />} onClick={() => setOpen(true)}>
        {t('users.import')}
      </Button>
      <Modal
        open={open}
        title={t('users.title')}
        width={640}
        onCancel={close}
        mask={{ closable: false }}
        footer={added ? <Button onClick={close}>{t('users.close')}</Button> : <Button onClick={close}>{t('common:cancel')}</Button>}
      >
        {added ? (
          <Flex vertical gap={12} align="flex-start">
            <Alert type="success" showIcon title={t('users.done', { n: added.length })} description={t('users.once')} />
            <Button type="primary" icon={<DownloadOutlined />} onClick={saveAccounts}>
              {t('users.save')}
            </Button>
          </Flex>
        ) : (
          <Flex vertical gap={12}>
            <Typography.Text>{t('users.help')}</Typography.Text>
            <Table
              size="small"
              pagination={false}
              rowKey="name"
              dataSource={COLUMNS.map((name) => ({ name }))}
              columns={[
                { title: t('users.column'), dataIndex: 'name', width: 120 },
                { key: 'meaning', title: t('users.meaning'), render: (_, { name }) => t(`users.columns.${name}`) },
              ]}
            />
            <Flex gap={8} wrap>
              <Upload
                accept=".csv,text/csv"
                showUploadList={false}
                beforeUpload={(file) => {
                  void send(file);
                  return false;
                }}
              >
                <Button type="primary" loading={busy} icon={<UploadOutlined />}>
                  {t('users.choose')}
                </Button>
              </Upload>
              <Button icon={<DownloadOutlined />} onClick={() => saveText('users', [...COLUMNS], [example(t('users.exampleName'))])}>
                {t('users.template')}
              </Button>
            </Flex>
          </Flex>
        )}
      </Modal>
      {told}
    </>
  );
}
