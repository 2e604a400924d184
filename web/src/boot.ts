// The first script of the page: asks for all that the first view is made of at once, each part beside the others, instead of one part when
// the part before it has run. It imports nothing of the application itself, so that it runs while that is on its way.
import { firstWords, keptLanguage, keptSession } from './app/kept.js';

const parts: Promise<unknown>[] = [firstWords(keptLanguage())];
if (window.location.pathname !== '/welcome') parts.push(keptSession() ? import('./app/SignedIn.js') : import('./pages/SignIn.js'));
// Whoever needs a part asks for it again, and says so when it does not come.
for (const part of parts) part.catch(() => undefined);
await import('./main.js');
