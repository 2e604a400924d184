export { readWavHeader, repairWav, type WavFacts, type WavRepair } from './core/wav.js';
export type { RecorderOptions } from './shell/context.js';
export { createKeyring, type Keyring } from './shell/keyring.js';
export { createRecorder, type RecorderService } from './shell/recorder.js';
export { type Verdict, type Verified, verifyAll } from './shell/verify.js';
