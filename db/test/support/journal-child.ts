// A process of its own for the tests: runs the database and writes calls into the journal until it is killed.
// Prints one JSON line for everything it has been promised is stored.
import { silentLogger, systemClock } from '@yixian/contracts';
import { connect, createJournal, migrate, startEmbeddedPostgres } from '../../src/index.js';
import { testBus } from './bus.js';
import { arrive } from './calls.js';

const say = (fact: object): boolean => process.stdout.write(`${JSON.stringify(fact)}\n`);

const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', logger: silentLogger });
const knex = connect({ url: postgres.url });
await migrate(knex);
const journal = createJournal({ knex, logger: silentLogger, clock: systemClock() });
const bus = testBus((await journal.lastSeq()) + 1, Date.now());
bus.subscribe(journal.append);
say({ ready: process.pid });

for (let i = 0; ; i++) {
  const callId = `call-${i}`;
  bus.at = Date.now();
  const arrived = arrive(bus, callId);
  await journal.ledger.open(arrived);
  say({ opened: callId });
  bus.publish({ type: 'call.answered', callId, data: {} });
  bus.publish({ type: 'call.queued', callId, queueId: 'consult', data: { position: 1, priority: 0 } });
  bus.publish({ type: 'call.left-queue', callId, queueId: 'consult', data: { result: 'served', waitMs: 0 } });
  const connected = bus.publish({ type: 'call.connected', callId, agentId: '1001', queueId: 'consult', data: { to: '1001' } });
  // Every second call ends in order; the others are up when the process dies.
  if (i % 2 === 0) bus.publish({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } });
  if (i % 10 === 0) {
    await journal.flush();
    say({ stored: connected.seq });
  }
}
