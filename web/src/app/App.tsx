import { lazy, Suspense } from 'react';
import { useSession } from './session.js';

const SignIn = lazy(() => import('../pages/SignIn.js').then(({ SignIn }) => ({ default: SignIn })));
const SignedIn = lazy(() => import('./SignedIn.js'));

/** The guide for the first minute, for whoever comes by, signed in or not. */
const Welcome = lazy(() => import('../pages/welcome/WelcomePage.js'));

/** What is loaded depends on whether somebody is signed in: neither waits for the other's code. */
export function App() {
  const session = useSession();
  if (window.location.pathname === '/welcome') {
    return (
      <Suspense fallback={null}>
        <Welcome />
      </Suspense>
    );
  }
  return <Suspense fallback={null}>{session ? <SignedIn user={session.user} /> : <SignIn />}</Suspense>;
}
