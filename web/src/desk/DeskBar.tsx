import { useUser } from '../app/session.js';
import { PhoneBar } from '../phone/PhoneBar.js';
import { CallControls } from './CallControls.js';
import { DialField, dial } from './DialField.js';
import { useDeskEvents, useMe } from './me.js';
import { useMyCall } from './my-call.js';
import { Parked } from './Parked.js';
import { SeatButton } from './SeatButton.js';
import { StateControl } from './StateControl.js';

function Bar() {
  useDeskEvents();
  const me = useMe();
  const call = useMyCall();
  if (!me) return <PhoneBar />;
  return (
    <div className="desk-bar">
      <StateControl me={me} />
      <SeatButton me={me} />
      {call ? <CallControls call={call} /> : <DialField me={me} />}
      {call ? null : <Parked fetch={(slot) => dial(me.extension, `*5${slot}`)} />}
    </div>
  );
}

/** The softphone bar 软电话条, on every page of whoever has an extension. */
export function DeskBar() {
  return useUser().extension === null ? null : <Bar />;
}
