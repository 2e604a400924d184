import { useEffect, useRef, useState } from 'react';

/** The value, a quarter of a second late at most: for what is dear to draw and changes with every event. */
export function useSlow<T>(value: T, everyMs = 250): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = value;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(() => latest.current);
    }, everyMs);
  }, [value, everyMs]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}
