import { readFileSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { formatWav, parseWav, resample } from '../core/wav.js';

/** The file to convert in place, and to which rate. */
export interface TelephoneWork {
  file: string;
  rate: number;
}

const { file, rate } = workerData as TelephoneWork;
writeFileSync(file, formatWav(resample(parseWav(readFileSync(file)), rate)));
