import {
  ApartmentOutlined,
  BarChartOutlined,
  CustomerServiceOutlined,
  DesktopOutlined,
  EyeOutlined,
  SettingOutlined,
} from '@ant-design/icons';
import type { UserView } from '@yixian/contracts/browser';
import { type ComponentType, lazy, type ReactNode } from 'react';
import DeskPage from '../pages/desk/DeskPage.js';

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
  /** Only for users with an extension. */
  needsExtension?: boolean;
  /** Without the frame of menu and header, e.g. a wallboard. */
  bare?: boolean;
  /** Asks for no confirmations and messages of the component library (`App.useApp`): they are not loaded for it. */
  light?: boolean;
  page: ComponentType;
}

/** Every page there is, in the order of the menu; each but the desk, which is the first of most, is a chunk of its own. */
export const PAGES: readonly PageSpec[] = [
  {
    path: 'desk',
    name: 'desk',
    roles: ['agent', 'supervisor'],
    needsExtension: true,
    light: true,
    icon: <CustomerServiceOutlined />,
    page: DeskPage,
  },
  {
    path: 'supervise',
    name: 'supervise',
    icon: <EyeOutlined />,
    roles: ['supervisor', 'admin'],
    page: lazy(() => import('../pages/supervise/SupervisePage.js')),
  },
  {
    path: 'wall',
    name: 'wall',
    icon: <DesktopOutlined />,
    bare: true,
    roles: ['supervisor', 'admin'],
    page: lazy(() => import('../pages/wall/WallPage.js')),
  },
  {
    path: 'flows',
    name: 'flows',
    roles: ['admin'],
    icon: <ApartmentOutlined />,
    page: lazy(() => import('../pages/flows/FlowsPage.js')),
  },
  {
    path: 'calls',
    name: 'calls',
    section: 'records',
    roles: ['agent', 'supervisor', 'admin'],
    page: lazy(() => import('../pages/calls/CallsPage.js')),
  },
  {
    path: 'recordings',
    name: 'recordings',
    section: 'records',
    roles: ['supervisor', 'admin'],
    page: lazy(() => import('../pages/archive/RecordingsPage.js')),
  },
  {
    path: 'voicemails',
    name: 'voicemails',
    section: 'records',
    roles: ['agent', 'supervisor', 'admin'],
    page: lazy(() => import('../pages/archive/VoicemailsPage.js')),
  },
  {
    path: 'reports',
    name: 'reports',
    section: 'records',
    roles: ['agent', 'supervisor', 'admin'],
    page: lazy(() => import('../pages/reports/ReportsPage.js')),
  },
  {
    path: 'users',
    name: 'users',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/UsersPage.js')),
  },
  {
    path: 'skills',
    name: 'skills',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/SkillsPage.js')),
  },
  {
    path: 'queues',
    name: 'queues',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/QueuesPage.js')),
  },
  {
    path: 'numbers',
    name: 'numbers',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/NumbersPage.js')),
  },
  {
    path: 'extensions',
    name: 'extensions',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/ExtensionsPage.js')),
  },
  {
    path: 'groups',
    name: 'groups',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/GroupsPage.js')),
  },
  {
    path: 'trunks',
    name: 'trunks',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/TrunksPage.js')),
  },
  {
    path: 'schedules',
    name: 'schedules',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/SchedulesPage.js')),
  },
  {
    path: 'lists',
    name: 'lists',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/ListsPage.js')),
  },
  {
    path: 'prompts',
    name: 'prompts',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/PromptsPage.js')),
  },
  {
    path: 'boxes',
    name: 'boxes',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/BoxesPage.js')),
  },
  {
    path: 'settings',
    name: 'settings',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/SettingsPage.js')),
  },
  {
    path: 'audit',
    name: 'audit',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/AuditPage.js')),
  },
  {
    path: 'backups',
    name: 'backups',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/BackupsPage.js')),
  },
  {
    path: 'system',
    name: 'system',
    section: 'administration',
    roles: ['admin'],
    page: lazy(() => import('../pages/admin/SystemPage.js')),
  },
];

export const SECTION_ICONS: Record<NonNullable<PageSpec['section']>, ReactNode> = {
  records: <BarChartOutlined />,
  administration: <SettingOutlined />,
};

export function pagesFor(user: UserView): PageSpec[] {
  const may = (page: PageSpec): boolean => page.roles.some((role) => user.roles.includes(role));
  return PAGES.filter((page) => may(page) && !(page.needsExtension && user.extension === null));
}
