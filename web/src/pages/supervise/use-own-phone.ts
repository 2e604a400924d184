import { useEffect, useState } from 'react';
import { useLive } from '../../app/live.js';
import { useUser } from '../../app/session.js';
import { startPhone, stopPhone } from '../../phone/phone.js';

const KEY = 'yixian.supervisor-phone';

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return false;
  }
}

/**
 * Whether this page is the telephone of a supervisor who takes no calls of queues, and so has no seat to choose. Whoever has
 * one chooses it at the desk: then `offered` is false.
 */
export function useOwnPhone(): { offered: boolean; on: boolean; choose(on: boolean): void } {
  const { extension } = useUser();
  const isAgent = useLive((picture) => extension !== null && picture.agents.has(extension));
  const known = useLive((picture) => picture.seq > 0 || picture.agents.size > 0);
  const [on, setOn] = useState(stored);
  const offered = extension !== null && known && !isAgent;
  useEffect(() => {
    if (offered && on) startPhone();
  }, [offered, on]);
  return {
    offered,
    on,
    choose(next) {
      try {
        localStorage.setItem(KEY, next ? '1' : '0');
      } catch {
        // until the page is left
      }
      setOn(next);
      if (!next) stopPhone();
    },
  };
}
