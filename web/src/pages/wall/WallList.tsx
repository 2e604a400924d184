import { ArrowLeftOutlined, DeleteOutlined, EditOutlined, PlayCircleOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Card, Empty, Flex, Space, Spin, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { del } from '../../app/api.js';
import { useUser } from '../../app/session.js';
import { useFailure } from '../../app/use-failure.js';
import { type SavedWallboard, useForgetWallboards, useWallboards } from './use-wallboards.js';

function Entry({ board }: { board: SavedWallboard }) {
  const { t } = useTranslation(['wall', 'common']);
  const navigate = useNavigate();
  const user = useUser();
  const { modal } = App.useApp();
  const fail = useFailure();
  const forget = useForgetWallboards();
  const own = board.owner === user.username || user.roles.includes('admin');
  const remove = (): void => {
    modal.confirm({
      title: t('askDelete', { name: board.name }),
      content: t('askDeleteText'),
      okText: t('common:delete'),
      cancelText: t('common:cancel'),
      okButtonProps: { danger: true, type: 'default' },
      onOk: () => del(`/wallboards/${board.id}`).then(forget).catch(fail),
    });
  };
  return (
    <Card size="small" title={board.name} style={{ width: 300 }}>
      <Flex vertical gap={12}>
        <Typography.Text type="secondary">
          {t('owner')} {board.owner} · {t('tiles')} {board.tiles.length}
        </Typography.Text>
        <Space wrap>
          <Button type="primary" icon={<PlayCircleOutlined />} onClick={() => void navigate(`/wall/${board.id}`)}>
            {t('open')}
          </Button>
          <Button icon={<EditOutlined />} onClick={() => void navigate(`/wall/${board.id}/edit`)}>
            {t('edit')}
          </Button>
          {own ? <Button danger icon={<DeleteOutlined />} aria-label={`${t('common:delete')} ${board.name}`} onClick={remove} /> : null}
        </Space>
      </Flex>
    </Card>
  );
}

/** All wallboards there are, and the way to a new one. */
export function WallList() {
  const { t } = useTranslation('wall');
  const navigate = useNavigate();
  const boards = useWallboards();
  return (
    <main style={{ padding: 24 }}>
      <Flex vertical gap={16}>
        <Flex align="center" gap={12} wrap>
          <Button icon={<ArrowLeftOutlined />} aria-label={t('back')} onClick={() => void navigate('/')} />
          <Typography.Title level={3} style={{ margin: 0, flex: 1 }}>
            {t('title')}
          </Typography.Title>
          <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate('/wall/new/edit')}>
            {t('new')}
          </Button>
        </Flex>
        <Typography.Text type="secondary">{t('intro')}</Typography.Text>
        {boards.isLoading ? <Spin /> : null}
        {boards.data?.length === 0 ? <Empty description={t('none')} /> : null}
        <Flex wrap gap={16}>
          {boards.data?.map((board) => (
            <Entry key={board.id} board={board} />
          ))}
        </Flex>
      </Flex>
    </main>
  );
}
