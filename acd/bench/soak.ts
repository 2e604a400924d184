// Random events over the whole core, every input there is, with the invariants checked all along and nobody stuck at the end.
//   node acd/dist/bench/soak.js [--events 1000000] [--every 50] [--seed 1]
import { Chaos } from '../test/support/chaos.js';
import { checkInvariants } from '../test/support/invariants.js';

/** So many events a world: then it has to settle, and another seed begins. */
const EVENTS_A_WORLD = 20_000;

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name}: a whole number from 1, not ${process.argv[at + 1]}`);
  return value;
}

const [events, every, firstSeed] = [option('--events', 1_000_000), option('--every', 50), option('--seed', 1)];
const began = performance.now();
let done = 0;
let worlds = 0;
let checks = 0;
while (done < events) {
  const seed = firstSeed + worlds++;
  const chaos = new Chaos(seed, true);
  try {
    for (let n = 0; chaos.events < EVENTS_A_WORLD; n++) {
      chaos.act();
      if (n % every !== 0) continue;
      checkInvariants(chaos.d);
      checks += 1;
    }
    chaos.settle();
  } catch (error) {
    console.error(`seed ${seed}, event ${chaos.events}`);
    throw error;
  }
  done += chaos.events;
}
const seconds = (performance.now() - began) / 1000;
console.log(`${done} events in ${worlds} worlds, ${checks} times every invariant, nobody stuck: ${seconds.toFixed(1)} s`);
