import { BarChartOutlined, SettingOutlined } from '@ant-design/icons';
import type { UserView } from '@yixian/contracts/browser';
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from 'react';

type Role = UserView['roles'][number];

export interface PageSpec {
  /** Path without the leading slash. */
  path: string;
  /** Key in the catalogue's `menu`. */
  name: string;
  roles: readonly Role[];
  icon?: ReactNode;
  /** Pages under one heading of the menu. */
  section?: 'records' | 'administration';
  /** Without the frame of menu and header, e.g. a wallboard. */
  bare?: boolean;
  page: LazyExoticComponent<ComponentType>;
}

/** Every page there is, in the order of the menu; each is a chunk of its own. */
export const PAGES: readonly PageSpec[] = [
  {
    path: 'calls',
    name: 'calls',
    section: 'records',
    roles: ['agent', 'supervisor', 'admin'],
    page: lazy(() => import('../pages/calls/CallsPage.js')),
  },
];

export const SECTION_ICONS: Record<NonNullable<PageSpec['section']>, ReactNode> = {
  records: <BarChartOutlined />,
  administration: <SettingOutlined />,
};

export function pagesFor(user: UserView): PageSpec[] {
  return PAGES.filter((page) => page.roles.some((role) => user.roles.includes(role)));
}
