import { theme as antTheme, ConfigProvider } from 'antd';
import { createContext, type ReactNode, useContext, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { useComponentLocale } from './i18n.js';

export type ThemeChoice = 'light' | 'dark' | 'system';
const KEY = 'yixian.theme';

interface ThemeState {
  choice: ThemeChoice;
  dark: boolean;
  choose(choice: ThemeChoice): void;
}

const ThemeContext = createContext<ThemeState>({ choice: 'system', dark: false, choose() {} });

export function useTheme(): ThemeState {
  return useContext(ThemeContext);
}

function stored(): ThemeChoice {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
  } catch {
    return 'system';
  }
}

/** Nothing moves for whoever has asked for that. */
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

/** Ground and edge of a tag. The lightest shades of dark colours, as they are worked out, are muddy. */
const TINTS = {
  green: ['#ebf6e4', '#b5dca0'],
  orange: ['#fdf0e3', '#f3c699'],
  gold: ['#fcf4dc', '#ecd08a'],
  volcano: ['#fdece6', '#f3b9a5'],
  cyan: ['#e3f5f6', '#9ed6da'],
  blue: ['#e8f1fc', '#a9cbf3'],
  purple: ['#f2ebfb', '#cdb4ee'],
  red: ['#fdecec', '#f2b0b3'],
} as const;

/** Both spellings become one variable of the style sheet, and the last one holds. */
function shades(tints: typeof TINTS): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tints).flatMap(([colour, [ground, edge]]) => [
      [`${colour}1`, ground],
      [`${colour}-1`, ground],
      [`${colour}3`, edge],
      [`${colour}-3`, edge],
    ]),
  );
}

/** Every text keeps a contrast of 4.5 : 1 (WCAG 2.1 AA), on tags too. */
const LIGHT = {
  colorPrimary: '#0a5bbd',
  colorLink: '#0a5bbd',
  colorError: '#c41d24',
  colorTextSecondary: 'rgba(0, 0, 0, 0.68)',
  colorTextTertiary: 'rgba(0, 0, 0, 0.6)',
  colorTextDescription: 'rgba(0, 0, 0, 0.64)',
  colorTextPlaceholder: 'rgba(0, 0, 0, 0.56)',
  orange: '#a34a00',
  gold: '#8a5a00',
  volcano: '#b02a06',
  green: '#2b6e0b',
  cyan: '#00666d',
  blue: '#0a5bbd',
  purple: '#5a22a6',
  red: '#b3121d',
  ...shades(TINTS),
};
const DARK = {
  colorPrimary: '#4096ff',
  colorLink: '#4096ff',
  colorTextSecondary: 'rgba(255, 255, 255, 0.72)',
  colorTextTertiary: 'rgba(255, 255, 255, 0.62)',
  colorTextDescription: 'rgba(255, 255, 255, 0.68)',
  colorTextPlaceholder: 'rgba(255, 255, 255, 0.56)',
  purple: '#b37feb',
};

/** Fonts of the machine only: the network of an office may be closed. */
const FONT = `-apple-system, 'Segoe UI', 'Noto Sans SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif`;

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(stored);
  const [system, setSystem] = useState(systemDark.matches);
  const locale = useComponentLocale();
  useEffect(() => {
    const listen = (event: MediaQueryListEvent) => setSystem(event.matches);
    systemDark.addEventListener('change', listen);
    return () => systemDark.removeEventListener('change', listen);
  }, []);
  const dark = choice === 'dark' || (choice === 'system' && system);
  // before any effect below reads the colours
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
  const state = useMemo<ThemeState>(
    () => ({
      choice,
      dark,
      choose(next) {
        try {
          localStorage.setItem(KEY, next);
        } catch {
          // not kept, but shown
        }
        setChoice(next);
      },
    }),
    [choice, dark],
  );
  return (
    <ThemeContext value={state}>
      <ConfigProvider
        {...(locale ? { locale } : {})}
        theme={{
          algorithm: dark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
          token: { ...(dark ? DARK : LIGHT), motion: !calm.matches, borderRadius: 6, fontFamily: FONT },
          // white on the blue of the dark theme is too faint
          ...(dark ? { components: { Button: { primaryColor: '#04111f' }, Menu: { itemSelectedColor: '#8fc2ff' } } } : {}),
        }}
      >
        {children}
      </ConfigProvider>
    </ThemeContext>
  );
}
