import { GlobalOutlined, PhoneOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Flex, Form, Input, Steps, Typography, theme } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { setLanguage } from '../../app/i18n.js';
import { SIGN_IN_WORDS } from '../../app/sign-in-words.js';
import { callIn, hangUp, press, useCaller } from './caller.js';

const NUMBER = '12320';
const KEYS = ['1', '2', '3', '9', '0'] as const;

/** The demo hotline, drawn simply: number, menu, where each key leads. */
function Hotline() {
  const { t } = useTranslation('welcome');
  const { token } = theme.useToken();
  const box = { padding: '6px 12px', border: `1px solid ${token.colorBorder}`, borderRadius: 6, background: token.colorBgContainer };
  return (
    <Flex gap={12} align="center" wrap>
      <div style={box}>
        <b>{NUMBER}</b>
      </div>
      <span aria-hidden="true">→</span>
      <div style={box}>{t('menu')}</div>
      <span aria-hidden="true">→</span>
      <Flex vertical gap={4}>
        {KEYS.map((key) => (
          <div key={key} style={box}>
            <b>{key}</b> {t(`keys.${key}`)}
          </div>
        ))}
      </Flex>
    </Flex>
  );
}

function TestCall() {
  const { t } = useTranslation(['welcome', 'common']);
  const { state, why, code } = useCaller();
  const refused = code === undefined ? undefined : SIGN_IN_WORDS[code];
  const reason = refused ? t(`common:${refused}`) : t(`welcome:call.why.${why as 'Canceled'}`, { defaultValue: why });
  // a page that goes takes its call with it
  useEffect(() => hangUp, []);
  const busy = state === 'calling' || state === 'talking' || state === 'connecting';
  return (
    <Card size="small" title={t('call.title')}>
      <Flex vertical gap={12}>
        <Form<{ username: string; password: string }>
          layout="inline"
          style={{ rowGap: 8 }}
          initialValues={{ username: 'super1100' }}
          onFinish={(user) => void callIn(user, NUMBER)}
        >
          <Form.Item name="username" label={t('common:username')} rules={[{ required: true, message: t('common:usernameRequired') }]}>
            <Input autoComplete="off" style={{ width: 130 }} />
          </Form.Item>
          <Form.Item name="password" label={t('common:password')} rules={[{ required: true, message: t('common:passwordRequired') }]}>
            <Input.Password autoComplete="off" style={{ width: 190 }} />
          </Form.Item>
          <Button type="primary" htmlType="submit" icon={<PhoneOutlined />} disabled={busy}>
            {t('call.dial', { number: NUMBER })}
          </Button>
        </Form>
        {busy ? (
          <Flex gap={8} align="center" wrap>
            <Typography.Text role="status" data-testid="caller-state">
              {t(`call.state.${state}`)}
            </Typography.Text>
            {KEYS.map((key) => (
              <Button key={key} disabled={state !== 'talking'} onClick={() => press(key)}>
                {key}
              </Button>
            ))}
            <Button danger onClick={hangUp}>
              {t('call.hangUp')}
            </Button>
          </Flex>
        ) : null}
        {state === 'failed' ? <Alert type="error" showIcon title={t('call.failed', { why: reason })} /> : null}
        {navigator.mediaDevices === undefined ? <Alert type="warning" showIcon title={t('call.insecure')} /> : null}
      </Flex>
    </Card>
  );
}

/** The first minute: sign in, see the demo hotline, take a call that this page makes. */
export default function WelcomePage() {
  const { t, i18n } = useTranslation('welcome');
  const link = (
    <Button href="/" target="_blank">
      {t('openTab')}
    </Button>
  );
  const step = (name: string, more?: React.ReactNode) => ({
    title: t(`step.${name}.title`),
    content: (
      <Flex vertical gap={8} style={{ paddingBottom: 16 }}>
        <Typography.Text>{t(`step.${name}.text`)}</Typography.Text>
        {more}
      </Flex>
    ),
  });
  return (
    <Flex component="main" vertical gap={16} style={{ maxWidth: 860, margin: '0 auto', padding: 16 }}>
      <Flex align="center" gap={12}>
        <img src="/icon.svg" alt="" width={40} height={40} />
        <Typography.Title level={3} style={{ margin: 0, flex: 1 }}>
          {t('title')}
        </Typography.Title>
        <Button type="text" icon={<GlobalOutlined />} onClick={() => setLanguage(i18n.language === 'en' ? 'zh' : 'en')}>
          {i18n.language === 'en' ? '中文' : 'English'}
        </Button>
      </Flex>
      <Card>
        <Steps
          orientation="vertical"
          current={-1}
          items={[
            step('passwords'),
            step('hotline', <Hotline />),
            step('agent', <div>{link}</div>),
            step('call', <TestCall />),
            step('after', <div>{link}</div>),
          ]}
        />
      </Card>
    </Flex>
  );
}
