import { Button, Result, Spin } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Navigate, Route, Routes, useNavigate } from 'react-router';
import { SignIn } from '../pages/SignIn.js';
import { pagesFor } from './pages.js';
import { Shell } from './Shell.js';
import { useSession } from './session.js';

/** The guide for the first minute, for whoever comes by, signed in or not. */
const Welcome = lazy(() => import('../pages/welcome/WelcomePage.js'));

function NotFound() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const back = (
    <Button type="primary" onClick={() => void navigate('/')}>
      {t('backHome')}
    </Button>
  );
  return <Result status="404" title={t('notFound')} extra={back} />;
}

export function App() {
  const session = useSession();
  if (window.location.pathname === '/welcome') {
    return (
      <Suspense fallback={<Spin fullscreen />}>
        <Welcome />
      </Suspense>
    );
  }
  if (!session) return <SignIn />;
  const pages = pagesFor(session.user);
  return (
    <BrowserRouter>
      <Suspense fallback={<Spin fullscreen />}>
        <Routes>
          {pages
            .filter((page) => page.bare)
            .map(({ path, page: Page }) => (
              <Route key={path} path={`/${path}/*`} element={<Page />} />
            ))}
          <Route element={<Shell />}>
            {pages
              .filter((page) => !page.bare)
              .map(({ path, page: Page }) => (
                <Route key={path} path={`/${path}/*`} element={<Page />} />
              ))}
            <Route path="/" element={pages[0] ? <Navigate to={`/${pages[0].path}`} replace /> : <NotFound />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}
