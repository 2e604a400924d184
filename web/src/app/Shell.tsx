import { BgColorsOutlined, GlobalOutlined, LogoutOutlined, MenuOutlined, UserOutlined, WifiOutlined } from '@ant-design/icons';
import { Button, Dropdown, Menu, type MenuProps, Tooltip } from 'antd';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Outlet, useLocation, useNavigate } from 'react-router';
import { ErrorBoundary } from '../components/ErrorBoundary.js';
import { DeskBar } from '../desk/DeskBar.js';
import { startPhone, stopPhone } from '../phone/phone.js';
import { request } from './api.js';
import { setLanguage } from './i18n.js';
import { askFirst } from './leaving.js';
import { useLive, useLiveStatus } from './live.js';
import { type PageSpec, pagesFor, SECTION_ICONS } from './pages.js';
import { setSession, useUser } from './session.js';
import { type ThemeChoice, useTheme } from './theme.js';
import { useWide } from './use-wide.js';

const NarrowMenu = lazy(() => import('./NarrowMenu.js'));

type Items = NonNullable<MenuProps['items']>;

function useMenu(pages: readonly PageSpec[]): Items {
  const { t } = useTranslation();
  return useMemo(() => {
    const items: Items = [];
    const sections = new Map<string, Items>();
    for (const page of pages) {
      const item = { key: page.path, label: <Link to={`/${page.path}`}>{t(`menu.${page.name}`)}</Link>, icon: page.icon };
      if (!page.section) {
        items.push(item);
        continue;
      }
      let children = sections.get(page.section);
      if (!children) {
        children = [];
        sections.set(page.section, children);
        items.push({ key: `section:${page.section}`, label: t(`menu.${page.section}`), icon: SECTION_ICONS[page.section], children });
      }
      children.push(item);
    }
    return items;
  }, [pages, t]);
}

/** Whether the live connection stands; said in words while it does not. */
function LiveBadge() {
  const { t } = useTranslation();
  const ok = useLiveStatus() === 'connected';
  const text = ok ? t('connected') : t('interrupted');
  return (
    <Tooltip title={text}>
      <span role="status" className={ok ? 'live' : 'live warning'} data-testid="live" data-ok={ok}>
        <WifiOutlined aria-label={text} />
        <span className={ok ? 'quiet' : ''}>{text}</span>
      </span>
    </Tooltip>
  );
}

function UserMenu() {
  const { t, i18n } = useTranslation();
  const user = useUser();
  const { choice, choose } = useTheme();
  const choices: ThemeChoice[] = ['light', 'dark', 'system'];
  const names = { light: t('themeLight'), dark: t('themeDark'), system: t('themeSystem') };
  const signOut = (): void => {
    stopPhone();
    void request('DELETE', '/session').catch(() => undefined);
    setSession(undefined);
  };
  const items: Items = [
    { key: 'who', type: 'group', label: `${user.displayName} · ${user.roles.map((role) => t(`role.${role}`)).join(' ')}` },
    { key: 'language', icon: <GlobalOutlined />, label: i18n.language === 'en' ? '中文' : 'English' },
    {
      key: 'theme',
      icon: <BgColorsOutlined />,
      label: t('theme'),
      children: choices.map((one) => ({ key: `theme:${one}`, label: names[one] })),
    },
    { type: 'divider' },
    { key: 'out', icon: <LogoutOutlined />, label: t('signOut') },
  ];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    if (key === 'language') void setLanguage(i18n.language === 'en' ? 'zh' : 'en');
    else if (key === 'out') askFirst(signOut);
    else if (key.startsWith('theme:')) choose(key.slice('theme:'.length) as ThemeChoice);
  };
  return (
    <Dropdown menu={{ items, onClick, selectedKeys: [`theme:${choice}`], selectable: true }} trigger={['click']}>
      <Button type="text" icon={<UserOutlined />} aria-label={user.displayName}>
        {user.displayName}
      </Button>
    </Dropdown>
  );
}

/** This page is a telephone as long as the seat of the user is the browser. */
function useSoftphone(extension: string | null): void {
  const kind = useLive((picture) => (extension === null ? undefined : picture.agents.get(extension)?.seat.kind));
  useEffect(() => {
    if (kind === 'softphone') startPhone();
    else if (kind !== undefined) stopPhone();
  }, [kind]);
}

/** The frame of every page: menu, header, and the page in a boundary of its own. */
export function Shell() {
  const user = useUser();
  const pages = useMemo(() => pagesFor(user), [user]);
  const items = useMenu(pages.filter((page) => !page.bare || page.icon));
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { t } = useTranslation();
  useSoftphone(user.extension);
  const wide = useWide();
  const [open, setOpen] = useState(false);
  const current = pages.find((page) => pathname === `/${page.path}` || pathname.startsWith(`/${page.path}/`));
  const place = current?.path;
  // the entry of a page that was opened by its address may stand below the window
  useEffect(() => {
    if (wide && place !== undefined) document.querySelector('.shell-menu .ant-menu-item-selected')?.scrollIntoView({ block: 'nearest' });
  }, [wide, place]);
  const menu = (
    <Menu
      mode="inline"
      style={{ borderInlineEnd: 0 }}
      items={items}
      selectedKeys={current ? [current.path] : []}
      defaultOpenKeys={wide ? items.map((item) => String(item?.key)) : []}
      onClick={({ key, domEvent }) => {
        setOpen(false);
        // a press of the mouse is the link's: it also opens a new tab
        if (domEvent.type !== 'click') void navigate(`/${key}`);
      }}
    />
  );
  return (
    <div className="shell">
      <header className="shell-header">
        {wide ? null : <Button type="text" icon={<MenuOutlined />} aria-label={t('more')} onClick={() => setOpen(true)} />}
        <img src="/icon.svg" alt="" width={26} height={26} />
        <b className="product">{t('product')}</b>
        <div id="header-slot">
          <ErrorBoundary page="bar">
            <DeskBar />
          </ErrorBoundary>
        </div>
        <LiveBadge />
        <UserMenu />
      </header>
      <div className="shell-body">
        {wide ? <nav className="shell-menu">{menu}</nav> : null}
        {!wide && open ? (
          <Suspense fallback={null}>
            <NarrowMenu onClose={() => setOpen(false)}>{menu}</NarrowMenu>
          </Suspense>
        ) : null}
        <main>
          <ErrorBoundary page={pathname}>
            <Suspense fallback={<div className="spinner" />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
    </div>
  );
}
