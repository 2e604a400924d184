import type { UserView } from '@yixian/contracts/browser';
import { Button } from 'antd';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Navigate, Route, Routes, useNavigate } from 'react-router';
import { startLive } from './live.js';
import { type PageSpec, pagesFor } from './pages.js';
import { Shell } from './Shell.js';

// Asks for the live picture while the page is still being drawn.
startLive();

const MessageBoxes = lazy(() => import('./MessageBoxes.js'));

function show({ page: Page, light }: PageSpec) {
  return light ? (
    <Page />
  ) : (
    <MessageBoxes>
      <Page />
    </MessageBoxes>
  );
}

function NotFound() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div className="center">
      <h1>{t('notFound')}</h1>
      <Button type="primary" onClick={() => void navigate('/')}>
        {t('backHome')}
      </Button>
    </div>
  );
}

export default function SignedIn({ user }: { user: UserView }) {
  const pages = useMemo(() => pagesFor(user), [user]);
  return (
    <BrowserRouter>
      <Suspense fallback={<div className="spinner" />}>
        <Routes>
          {pages
            .filter((page) => page.bare)
            .map((page) => (
              <Route key={page.path} path={`/${page.path}/*`} element={show(page)} />
            ))}
          <Route element={<Shell />}>
            {pages
              .filter((page) => !page.bare)
              .map((page) => (
                <Route key={page.path} path={`/${page.path}/*`} element={show(page)} />
              ))}
            <Route path="/" element={pages[0] ? <Navigate to={`/${pages[0].path}`} replace /> : <NotFound />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}
