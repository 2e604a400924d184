// Whether the network is still the one a connection was made in. A connection that hangs says nothing: whoever has reason to doubt it
// tells, and each that has a connection asks its other end.

const listeners = new Set<() => void>();

/** Told when the network came back, changed, or another connection of the page was found dead; and when the page wakes. */
export function onNetworkDoubt(listener: () => void): void {
  listeners.add(listener);
}

export function doubtNetwork(): void {
  for (const listener of listeners) listener();
}

/** Network Information API, where the browser has it. */
const { connection } = navigator as Navigator & { connection?: EventTarget };
connection?.addEventListener('change', doubtNetwork);
window.addEventListener('online', doubtNetwork);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) doubtNetwork();
});
