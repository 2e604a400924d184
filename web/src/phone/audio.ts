import { useSyncExternalStore } from 'react';

// Which microphone and speaker the telephone uses, also in a call that goes on meanwhile, and what becomes of it when one is unplugged.

export interface AudioChoice {
  /** Device ids of the browser; undefined: the system's. */
  microphone: string | undefined;
  speaker: string | undefined;
}

type Part = keyof AudioChoice;

const AUDIO_KEY = 'yixian.audio';
const KINDS: Record<Part, MediaDeviceKind> = { microphone: 'audioinput', speaker: 'audiooutput' };

/** Plays what the other party says; outside of the page's tree, so that no page change interrupts it. */
export const speaker = new Audio();
speaker.autoplay = true;

let missing: readonly Part[] = [];
/** Of the call, as long as there is one. */
let talking: RTCPeerConnection | undefined;
/** A microphone taken during the call: ours to give back. */
let taken: MediaStreamTrack | undefined;
const listeners = new Set<() => void>();

export function audioChoice(): AudioChoice {
  try {
    return { microphone: undefined, speaker: undefined, ...(JSON.parse(localStorage.getItem(AUDIO_KEY) ?? '{}') as Partial<AudioChoice>) };
  } catch {
    return { microphone: undefined, speaker: undefined };
  }
}

/** The chosen one and no other, where it is there: as a mere wish Chromium prefers the system's. */
export function microphoneWanted(): MediaTrackConstraints {
  const { microphone: deviceId } = audioChoice();
  const chosen = deviceId && !missing.includes('microphone') ? { deviceId: { exact: deviceId } } : {};
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...chosen };
}

/** Kept for the next time; a call goes on with it at once. */
export async function chooseAudio(choice: AudioChoice): Promise<void> {
  const before = audioChoice();
  localStorage.setItem(AUDIO_KEY, JSON.stringify(choice));
  await lookAtDevices();
  if (choice.microphone !== before.microphone) await takeMicrophone();
}

/** Devices that were chosen, or in use, and are gone: the system's stand in for them. */
export function useMissingDevices(): readonly Part[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => missing,
  );
}

/** The call speaks through this connection; its microphone is there by now. */
export function talkThrough(connection: RTCPeerConnection): void {
  talking = connection;
  watch(senderOf(connection)?.track ?? undefined);
}

/** The call is over: nothing listens at a microphone any more. */
export function talkOver(): void {
  talking = undefined;
  taken?.stop();
  taken = undefined;
  speaker.srcObject = null;
}

function senderOf(connection: RTCPeerConnection): RTCRtpSender | undefined {
  return connection.getSenders().find((sender) => sender.track?.kind === 'audio') ?? connection.getSenders()[0];
}

/** A track ends by itself only when its device does, or the permission. */
function watch(track: MediaStreamTrack | undefined): void {
  track?.addEventListener('ended', () => {
    if (!talking || senderOf(talking)?.track !== track) return;
    tell([...new Set<Part>([...missing, 'microphone'])]);
    void takeMicrophone();
  });
}

/** The microphone that is chosen, or what the browser has instead, in place of the one the call has; muted stays muted. */
async function takeMicrophone(): Promise<void> {
  const connection = talking;
  const sender = connection && senderOf(connection);
  if (!sender) return;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: microphoneWanted() });
    const [track] = stream.getAudioTracks();
    if (!track || talking !== connection) {
      track?.stop();
      return;
    }
    const old = sender.track;
    track.enabled = old?.enabled ?? true;
    await sender.replaceTrack(track);
    old?.stop();
    taken = track;
    watch(track);
  } catch {
    // none is there, or none is allowed: the call goes on by ear, and the agent has been told
  }
}

/** Which of the chosen devices are gone, and the speaker as chosen or as the system has it. */
export async function lookAtDevices(): Promise<void> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (!media) return;
  const all = await media.enumerateDevices();
  const choice = audioChoice();
  const gone = (part: Part): boolean => {
    const ids = all.filter((one) => one.kind === KINDS[part]).map((one) => one.deviceId);
    // Without a name and an id they are not told yet: the microphone was not allowed so far.
    return choice[part] !== undefined && !ids.includes('') && !ids.includes(choice[part]);
  };
  const now = (['microphone', 'speaker'] as const).filter(gone);
  const micIsBack = missing.includes('microphone') && !now.includes('microphone');
  tell(now);
  if ('setSinkId' in speaker) await speaker.setSinkId(now.includes('speaker') ? '' : (choice.speaker ?? '')).catch(() => undefined);
  if (micIsBack) await takeMicrophone();
}

function tell(next: readonly Part[]): void {
  if (next.length === missing.length && next.every((part) => missing.includes(part))) return;
  missing = next;
  for (const listener of listeners) listener();
}

(navigator.mediaDevices as MediaDevices | undefined)?.addEventListener('devicechange', () => void lookAtDevices());
