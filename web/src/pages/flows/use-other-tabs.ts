import { useEffect, useState } from 'react';

interface Word {
  kind: 'who' | 'here' | 'gone';
  flow: string;
  opening: string;
}

const CHANNEL = 'yixian.flows';
/** Tabs of one browser answer within this. */
const ANSWER_MS = 300;

/** The other tabs of this browser that have the flow open; undefined until they had the time to answer. */
export function useOtherTabs(flow: string, opening: string): ReadonlySet<string> | undefined {
  const [others, setOthers] = useState<ReadonlySet<string>>();
  useEffect(() => {
    const known = new Set<string>();
    let settled = false;
    const channel = new BroadcastChannel(CHANNEL);
    const say = (kind: Word['kind']): void => channel.postMessage({ kind, flow, opening } satisfies Word);
    channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.flow !== flow) return;
      if (data.kind === 'gone') known.delete(data.opening);
      else known.add(data.opening);
      if (data.kind === 'who') say('here');
      if (settled) setOthers(new Set(known));
    };
    const leave = (): void => say('gone');
    say('who');
    const timer = setTimeout(() => {
      settled = true;
      setOthers(new Set(known));
    }, ANSWER_MS);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      clearTimeout(timer);
      leave();
      channel.close();
    };
  }, [flow, opening]);
  return others;
}
