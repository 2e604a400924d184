import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled } from '@ant-design/icons';
import type { SystemCheck } from '@yixian/contracts/browser';
import { Alert, Card, Col, Descriptions, Flex, Row, Skeleton, Statistic, Table, Typography, theme } from 'antd';
import { useTranslation } from 'react-i18next';
import { momentText } from '../../app/time.js';
import { Failed } from '../../components/Failed.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { useSystem } from './system.js';

function Verdict({ check }: { check: SystemCheck }) {
  const { t } = useTranslation('admin');
  const { token } = theme.useToken();
  const icons = {
    ok: <CheckCircleFilled style={{ color: token.colorSuccess }} />,
    warning: <ExclamationCircleFilled style={{ color: token.colorWarning }} />,
    fault: <CloseCircleFilled style={{ color: token.colorError }} />,
  };
  return (
    <Flex gap={12} align="baseline" data-testid={`check-${check.name}`}>
      <span role="img" aria-label={t(`system.stateIs.${check.state}`)}>
        {icons[check.state]}
      </span>
      <Typography.Text strong style={{ width: 110, flex: 'none' }}>
        {t(`system.checks.${check.name}`)}
      </Typography.Text>
      <Typography.Text style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        {t(`system.finding.${check.finding}`, check.values)}
      </Typography.Text>
    </Flex>
  );
}

/** The parts of a duration, for the words of the page. */
function uptime(seconds: number): { d: number; h: number; m: number } {
  return { d: Math.floor(seconds / 86_400), h: Math.floor(seconds / 3600) % 24, m: Math.floor(seconds / 60) % 60 };
}

/** 系统状态: what `doctor` finds of a running hotline, and the figures that matter. */
export default function SystemPage() {
  const { t } = useTranslation(['admin', 'common']);
  const system = useSystem();
  if (system.isError) return <Failed error={system.error} />;
  if (!system.data) return <Skeleton active />;
  const { version, node, startedAt, uptimeSeconds, ready, checks, figures, metrics } = system.data;
  const faults = checks.filter((check) => check.state === 'fault').length;
  const names = ['calls', 'registrations', 'browsers', 'agentsSignedIn', 'callsWaiting', 'memoryMegabytes'] as const;
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('common:menu.system')} hint={t('system.hint')} />
      <Alert
        showIcon
        type={ready && faults === 0 ? 'success' : 'error'}
        title={ready && faults === 0 ? t('system.fine') : t('system.wrong', { n: Math.max(1, faults) })}
      />
      <Row gutter={[12, 12]}>
        {names.map((name) => (
          <Col key={name} xs={12} sm={8} lg={4}>
            <Card size="small">
              <Statistic
                title={t(`system.figures.${name}`)}
                value={figures[name]}
                styles={{ content: { fontVariantNumeric: 'tabular-nums' } }}
              />
            </Card>
          </Col>
        ))}
      </Row>
      <Card size="small" title={t('system.found')}>
        <Flex vertical gap={8}>
          {checks.map((check, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one check may say several things
            <Verdict key={`${check.name} ${i}`} check={check} />
          ))}
        </Flex>
      </Card>
      <Card size="small">
        <Descriptions
          size="small"
          column={{ xs: 1, sm: 2, lg: 4 }}
          items={[
            { key: 'version', label: t('system.version'), children: version },
            { key: 'node', label: 'Node.js', children: node },
            { key: 'startedAt', label: t('system.startedAt'), children: momentText(startedAt) },
            { key: 'uptime', label: t('system.uptime'), children: t('system.upFor', uptime(uptimeSeconds)) },
          ]}
        />
      </Card>
      <Card size="small" title={t('system.metrics')} styles={{ body: { padding: 0 } }}>
        <Table
          size="small"
          rowKey="name"
          pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
          dataSource={Object.entries(metrics).map(([name, value]) => ({ name, value }))}
          columns={[
            { title: t('system.metric'), dataIndex: 'name' },
            {
              title: t('system.value'),
              dataIndex: 'value',
              align: 'right',
              render: (value: number) => <span style={{ fontVariantNumeric: 'tabular-nums' }}>{value}</span>,
            },
          ]}
        />
      </Card>
    </Flex>
  );
}
