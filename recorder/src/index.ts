export { readWavHeader, repairWav, type WavFacts, type WavRepair } from './core/wav.js';
export type { RecorderOptions } from './shell/context.js';
export { createRecorder, type RecorderService } from './shell/recorder.js';
