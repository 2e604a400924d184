// The sound of an alarm: two short tones, made here. No file, no permission beyond a first click on the page.

let context: AudioContext | undefined;

export function playAlarm(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    const start = context.currentTime + 0.02;
    for (const [i, hertz] of [880, 660].entries()) tone(context, hertz, start + i * 0.22);
  } catch {
    // a machine without sound
  }
}

function tone(on: AudioContext, hertz: number, at: number): void {
  const source = on.createOscillator();
  const level = on.createGain();
  source.frequency.value = hertz;
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(0.2, at + 0.02);
  level.gain.linearRampToValueAtTime(0, at + 0.2);
  source.connect(level).connect(on.destination);
  source.start(at);
  source.stop(at + 0.22);
  source.onended = () => {
    source.disconnect();
    level.disconnect();
  };
}
