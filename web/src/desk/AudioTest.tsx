import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { audioChoice, chooseAudio } from '../phone/audio.js';

interface Devices {
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** Names of devices are told only once the microphone is allowed. */
function useDevices(allowed: boolean): Devices {
  const [devices, setDevices] = useState<Devices>({ microphones: [], speakers: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew once it is allowed
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) return;
    const read = async (): Promise<void> => {
      const all = await media.enumerateDevices();
      const of = (kind: MediaDeviceKind) => all.filter((one) => one.kind === kind && one.deviceId !== '');
      setDevices({ microphones: of('audioinput'), speakers: of('audiooutput') });
    };
    void read();
    media.addEventListener('devicechange', read);
    return () => media.removeEventListener('devicechange', read);
  }, [allowed]);
  return devices;
}

/** How loud the microphone is, 0–1; `denied` when the browser does not let us hear. */
function useLevel(deviceId: string | undefined): number | 'denied' | 'waiting' {
  const [level, setLevel] = useState<number | 'denied' | 'waiting'>('waiting');
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    let over = false;
    let end = (): void => {};
    if (!media) {
      setLevel('denied');
      return;
    }
    media
      .getUserMedia({ audio: deviceId ? { deviceId: { exact: deviceId } } : true })
      .catch(() => media.getUserMedia({ audio: true }))
      .then((stream) => {
        end = meter(stream, setLevel);
        if (over) end();
      })
      .catch(() => setLevel('denied'));
    return () => {
      over = true;
      end();
    };
  }, [deviceId]);
  return level;
}

function meter(stream: MediaStream, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
    // −60 dB is nothing, 0 dB is all
    show(Math.max(0, Math.min(1, 1 + (10 * Math.log10(power + 1e-9)) / 60)));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
    for (const track of stream.getTracks()) track.stop();
  };
}

/** A second of 440 Hz at the speaker that is chosen. */
async function playTone(speaker: string | undefined): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  const gain = context.createGain();
  gain.gain.value = 0.2;
  tone.frequency.value = 440;
  tone.connect(gain).connect(out);
  const audio = new Audio();
  audio.srcObject = out.stream;
  if (speaker && 'setSinkId' in audio) await audio.setSinkId(speaker);
  tone.start();
  await audio.play();
  setTimeout(() => {
    tone.stop();
    audio.srcObject = null;
    void context.close();
  }, 1_000);
}

/** Microphone and speaker: which, and whether they work. */
export function AudioTest() {
  const { t } = useTranslation('desk');
  const [choice, setChoice] = useState(audioChoice);
  const level = useLevel(choice.microphone);
  const { microphones, speakers } = useDevices(typeof level === 'number');
  function choose(change: Partial<typeof choice>): void {
    const next = { ...choice, ...change };
    setChoice(next);
    void chooseAudio(next).catch(() => undefined);
  }
  const select = (id: string, list: MediaDeviceInfo[], value: string | undefined, set: (deviceId: string | undefined) => void) => (
    <select id={id} value={value ?? ''} onChange={(event) => set(event.target.value || undefined)}>
      <option value="">{t('deviceOfSystem')}</option>
      {list.map((one) => (
        <option key={one.deviceId} value={one.deviceId}>
          {one.label || one.deviceId.slice(0, 8)}
        </option>
      ))}
    </select>
  );
  return (
    <div className="audio-test">
      <label htmlFor="microphone">{t('microphone')}</label>
      {select('microphone', microphones, choice.microphone, (microphone) => choose({ microphone }))}
      <meter min={0} max={1} value={typeof level === 'number' ? level : 0} aria-label={t('microphoneLevel')} />
      <label htmlFor="speaker">{t('speaker')}</label>
      {select('speaker', speakers, choice.speaker, (speaker) => choose({ speaker }))}
      <Button size="small" onClick={() => void playTone(choice.speaker).catch(() => undefined)}>
        {t('testTone')}
      </Button>
      {level === 'denied' ? (
        <p className="warning" role="alert">
          {t('microphoneDenied')}
        </p>
      ) : null}
    </div>
  );
}
