import { Suspense, useEffect } from 'react';
import { lazily } from './lazily.js';
import { session, useSession } from './session.js';

const SignIn = lazily(() => import('../pages/SignIn.js').then(({ SignIn }) => ({ default: SignIn })));
const SignedIn = lazily(() => import('./SignedIn.js'));

/** The guide for the first minute, for whoever comes by, signed in or not. */
const Welcome = lazily(() => import('../pages/welcome/WelcomePage.js'));

/** Long enough for the form to be drawn and used first. */
const AHEAD_MS = 500;

const welcomes = (): boolean => window.location.pathname === '/welcome';

/** The code of what will be drawn first. */
export async function loadFirst(): Promise<void> {
  await (welcomes() ? Welcome : session() ? SignedIn : SignIn).load();
}

/** What is loaded depends on whether somebody is signed in: neither waits for the other's code. */
export function App() {
  const session = useSession();
  const known = session !== undefined;
  useEffect(() => {
    if (known) return;
    // Comes while the name is typed, so that the first page is there when the password is right; a failure shows itself then.
    const ahead = setTimeout(() => void SignedIn.load().catch(() => undefined), AHEAD_MS);
    return () => clearTimeout(ahead);
  }, [known]);
  if (welcomes()) {
    return (
      <Suspense fallback={null}>
        <Welcome />
      </Suspense>
    );
  }
  return <Suspense fallback={null}>{session ? <SignedIn user={session.user} /> : <SignIn />}</Suspense>;
}
