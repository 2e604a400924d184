import { useMe } from '../../desk/me.js';
import { useShownCall } from '../../desk/my-call.js';
import { MyDay } from './MyDay.js';
import { MyQueues } from './MyQueues.js';
import { NoCall, ScreenPop } from './ScreenPop.js';

/** 坐席工作台: the caller in the middle, the own queues and the own day beside. */
export default function DeskPage() {
  const me = useMe();
  const shown = useShownCall();
  return (
    <div className="desk">
      <div className="desk-main">{shown === undefined ? <NoCall me={me} /> : <ScreenPop key={shown} id={shown} me={me} />}</div>
      <aside>
        <MyQueues />
        {me ? <MyDay me={me} /> : null}
      </aside>
    </div>
  );
}
