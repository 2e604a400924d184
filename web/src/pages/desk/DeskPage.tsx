import { lazy, Suspense, useEffect } from 'react';
import { useMe } from '../../desk/me.js';
import { useShownCall } from '../../desk/my-call.js';
import { MyDay } from './MyDay.js';
import { MyQueues } from './MyQueues.js';
import { NoCall } from './NoCall.js';

const popped = () => import('./ScreenPop.js');
const ScreenPop = lazy(() => popped().then((module) => ({ default: module.ScreenPop })));

/** 坐席工作台: the caller in the middle, the own queues and the own day beside. */
export default function DeskPage() {
  const me = useMe();
  const shown = useShownCall();
  // Not part of the first load, but there before anybody calls.
  useEffect(() => void popped(), []);
  return (
    <div className="desk">
      <div className="desk-main">
        <Suspense fallback={<NoCall me={me} />}>
          {shown === undefined ? <NoCall me={me} /> : <ScreenPop key={shown} id={shown} me={me} />}
        </Suspense>
      </div>
      <aside>
        <MyQueues />
        {me ? <MyDay me={me} /> : null}
      </aside>
    </div>
  );
}
