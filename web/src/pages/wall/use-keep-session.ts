import { useEffect } from 'react';
import { request } from '../../app/api.js';

const EVERY_MS = 30 * 60_000;

/** As long as a wallboard is shown its session is prolonged: nobody stands before it to sign in again. */
export function useKeepSession(): void {
  useEffect(() => {
    const prolong = (): void => void request('PUT', '/session').catch(() => undefined);
    prolong();
    const timer = setInterval(prolong, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}
