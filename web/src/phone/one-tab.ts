// Of the tabs of one browser one is the telephone: two registrations would ring twice and answer twice. A lock of the browser says
// which; it is free again when the tab goes, however it goes (Web Locks API).

const LOCK = 'yixian.telephone';
/** Set in the tab that is the telephone: a reload takes it back from a tab that has waited. */
const MINE = 'yixian.telephone.mine';

export interface Claim {
  takeOver(): void;
  release(): void;
}

/** Asks to be the telephone. `granted` may come late, `elsewhere` at any time: another tab has taken it over. */
export function claimTelephone(told: { granted(): void; elsewhere(): void }): Claim {
  // Without the lock (an address that is not secure) there is no microphone either; the tab is on its own.
  if (!('locks' in navigator)) {
    queueMicrotask(told.granted);
    return { takeOver: told.granted, release() {} };
  }
  let free: () => void = () => {};
  let asking: AbortController | undefined;
  let over = false;

  function hold(): Promise<void> {
    if (over) return Promise.resolve();
    sessionStorage.setItem(MINE, '1');
    told.granted();
    return new Promise((resolve) => {
      free = resolve;
    });
  }
  function lost(): void {
    sessionStorage.removeItem(MINE);
    if (over) return;
    told.elsewhere();
    wait();
  }
  function steal(): void {
    asking?.abort();
    navigator.locks.request(LOCK, { steal: true }, hold).catch(lost);
  }
  /** In the line of tabs: when the telephone's tab is closed, the next one is it. */
  function wait(): void {
    asking = new AbortController();
    navigator.locks.request(LOCK, { signal: asking.signal }, hold).catch((error: Error) => {
      if (error.name === 'AbortError' && asking?.signal.aborted) return;
      lost();
    });
  }

  if (sessionStorage.getItem(MINE)) steal();
  else {
    void navigator.locks.query().then(({ held }) => {
      if (!over && held?.some((lock) => lock.name === LOCK)) told.elsewhere();
    });
    wait();
  }
  return {
    takeOver: steal,
    release() {
      over = true;
      sessionStorage.removeItem(MINE);
      asking?.abort();
      free();
    },
  };
}
