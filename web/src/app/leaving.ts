// The back button, asked about. The router listens to the history and shows the other page at once: who wants to be asked first has to
// have listened before it, so this begins before the application is drawn.

type Ask = (leave: () => void) => void;

let guard: { ask: Ask; here: number } | undefined;
let own: 'back-again' | 'leaving' | undefined;

/** The router numbers the entries of the history in their state. */
const placeOf = (state: unknown): number => (state as { idx?: number } | null)?.idx ?? 0;

/** The history has moved when it is told: it is put back where it was, and moved again once that is allowed. */
function onMove(event: PopStateEvent): void {
  const what = own;
  own = undefined;
  if (!guard || what === 'leaving') return;
  event.stopImmediatePropagation();
  const by = placeOf(event.state) - guard.here;
  if (what === 'back-again' || by === 0) return;
  own = 'back-again';
  window.history.go(-by);
  guard.ask(() => {
    own = 'leaving';
    window.history.go(by);
  });
}

/** Called once, before anything is drawn. */
export function startLeaving(): void {
  window.addEventListener('popstate', onMove);
}

/** From here on `ask` is called before the back or forward button leaves; the returned function ends it. */
export function askBeforeBack(ask: Ask): () => void {
  const mine = { ask, here: placeOf(window.history.state) };
  guard = mine;
  return () => {
    if (guard === mine) guard = undefined;
  };
}
