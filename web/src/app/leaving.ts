// Unsaved work is not left without a question: by a link of the application, the browser's back button, or closing the tab. The router
// listens to the history and shows the other page at once: who wants to be asked first has to have listened before it, so this begins
// before the application is drawn.

/** Asks, and calls `leave` when that is allowed. */
export type Ask = (leave: () => void) => void;
/** What the router's links and `navigate` go through. */
export type Links = { push: (...args: never[]) => void; replace: (...args: never[]) => void };

/** Of everything on the page that is not saved, in the order it came. */
const asks: Ask[] = [];
/** The router's place in the history where the page stands. */
let here = 0;
let own: 'back-again' | 'leaving' | undefined;
let restoreLinks: (() => void) | undefined;

/** The router numbers the entries of the history in their state. */
const placeOf = (state: unknown): number => (state as { idx?: number } | null)?.idx ?? 0;

/** The history has moved when it is told: it is put back where it was, and moved again once that is allowed. */
function onMove(event: PopStateEvent): void {
  const what = own;
  own = undefined;
  const place = placeOf(event.state);
  if (what === 'leaving') here = place;
  if (asks.length === 0 || what === 'leaving') return;
  event.stopImmediatePropagation();
  const by = place - here;
  if (what === 'back-again' || by === 0) return;
  own = 'back-again';
  window.history.go(-by);
  askFirst(() => {
    own = 'leaving';
    window.history.go(by);
  });
}

function onClose(event: BeforeUnloadEvent): void {
  event.preventDefault();
  // browsers of before 2024
  event.returnValue = true;
}

function guardLinks(links: Links): () => void {
  const { push, replace } = links;
  const asked =
    (move: Links['push']): Links['push'] =>
    (...args) =>
      askFirst(() => {
        move.apply(links, args);
        here = placeOf(window.history.state);
      });
  links.push = asked(push);
  links.replace = asked(replace);
  return () => {
    links.push = push;
    links.replace = replace;
  };
}

/** Called once, before anything is drawn. */
export function startLeaving(): void {
  window.addEventListener('popstate', onMove);
}

/** Does it at once where nothing is unsaved, else when it is allowed. */
export function askFirst(leave: () => void): void {
  const ask = asks.at(-1);
  if (ask) ask(leave);
  else leave();
}

/** From here on `ask` is called before the page is left; the returned function ends it. */
export function askBeforeLeaving(links: Links, ask: Ask): () => void {
  if (asks.length === 0) {
    here = placeOf(window.history.state);
    restoreLinks = guardLinks(links);
    window.addEventListener('beforeunload', onClose);
  }
  asks.push(ask);
  return () => {
    const at = asks.indexOf(ask);
    if (at < 0) return;
    asks.splice(at, 1);
    if (asks.length > 0) return;
    window.removeEventListener('beforeunload', onClose);
    restoreLinks?.();
  };
}
