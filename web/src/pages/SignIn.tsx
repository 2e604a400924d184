import { GlobalOutlined, LockOutlined, UserOutlined } from '@ant-design/icons';
import type { UserView } from '@yixian/contracts/browser';
import { Alert, Button, Flex, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, post } from '../app/api.js';
import { setLanguage } from '../app/i18n.js';
import { hasRunOut, setSession } from '../app/session.js';
import { SIGN_IN_WORDS } from '../app/sign-in-words.js';

interface Credentials {
  username: string;
  password: string;
}

export function SignIn() {
  const { t, i18n } = useTranslation();
  const [failure, setFailure] = useState(() => (hasRunOut() ? t('sessionOver') : undefined));
  const [busy, setBusy] = useState(false);

  async function signIn(credentials: Credentials): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      setSession(await post<{ token: string; user: UserView }>('/session', credentials));
    } catch (error) {
      const word = error instanceof ApiError ? SIGN_IN_WORDS[error.code] : undefined;
      setFailure(word ? t(word) : t('failed', { message: String(error instanceof Error ? error.message : error) }));
      setBusy(false);
    }
  }

  return (
    <Flex component="main" vertical align="center" justify="center" gap={24} style={{ minHeight: '100vh', padding: 16 }}>
      <Flex vertical align="center" gap={4}>
        <img src="/icon.svg" alt="" width={56} height={56} />
        <h1 style={{ margin: 0 }}>{t('product')}</h1>
      </Flex>
      <div className="panel" style={{ width: 360, maxWidth: '100%', padding: 24 }}>
        <Form<Credentials> layout="vertical" onFinish={(credentials) => void signIn(credentials)} requiredMark={false}>
          <Form.Item name="username" label={t('username')} rules={[{ required: true, message: t('usernameRequired') }]}>
            <Input prefix={<UserOutlined />} autoComplete="username" autoFocus />
          </Form.Item>
          <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('passwordRequired') }]}>
            <Input.Password prefix={<LockOutlined />} autoComplete="current-password" />
          </Form.Item>
          {failure ? <Alert type="error" showIcon title={failure} style={{ marginBottom: 16 }} role="alert" /> : null}
          <Button type="primary" htmlType="submit" block loading={busy}>
            {t('signIn')}
          </Button>
        </Form>
      </div>
      <Button type="link" href="/welcome">
        {t('firstMinute')}
      </Button>
      <Button type="text" icon={<GlobalOutlined />} onClick={() => void setLanguage(i18n.language === 'en' ? 'zh' : 'en')}>
        {i18n.language === 'en' ? '中文' : 'English'}
      </Button>
    </Flex>
  );
}
