import { useEffect } from 'react';

const EVERY_MS = 5 * 60_000;
const SCRIPT = /<script[^>]+src="([^"]*\/assets\/[^"]+)"/;

/** The script of the application that the server gives out now; undefined when it does not answer. */
async function served(): Promise<string | undefined> {
  try {
    const response = await fetch('/', { cache: 'no-cache', signal: AbortSignal.timeout(20_000) });
    return response.ok ? SCRIPT.exec(await response.text())?.[1] : undefined;
  } catch {
    return undefined;
  }
}

/** Loads the page anew when the server has another version of the application: a screen on a wall has nobody who would. */
export function useFollowVersion(everyMs = EVERY_MS): void {
  useEffect(() => {
    const running = SCRIPT.exec(document.head.innerHTML)?.[1];
    const look = async (): Promise<void> => {
      const now = await served();
      if (running !== undefined && now !== undefined && now !== running) window.location.reload();
    };
    const timer = setInterval(() => void look(), everyMs);
    // a part of the old version that is gone from the server
    const gone = (): void => void look();
    window.addEventListener('vite:preloadError', gone);
    return () => {
      clearInterval(timer);
      window.removeEventListener('vite:preloadError', gone);
    };
  }, [everyMs]);
}
