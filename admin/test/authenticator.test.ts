import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Authenticator, DomainError, randomIds, type SessionKeeper, SimulatedClock } from '@yixian/contracts';
import { parseHash } from '../src/core/password-hash.js';
import { createAuthenticator, hashGeneratedSecret, hashPassword, verifyPassword } from '../src/index.js';
import { createTurnstile, isCheaper } from '../src/shell/scrypt.js';
import { MemoryBus, MemoryIdentity, memoryLogger, TEST_COST } from './fakes.js';

describe('passwords', () => {
  it('a hash holds its own salt and cost, and checks without anything else', async () => {
    const [one, two] = await Promise.all([hashPassword('密码 one', TEST_COST), hashPassword('密码 one', TEST_COST)]);
    assert.notEqual(one, two);
    assert.match(one, /^\$scrypt\$ln=8,r=8,p=1\$/);
    assert.equal(await verifyPassword('密码 one', one), true);
    assert.equal(await verifyPassword('密码 two', one), false);
  });

  it('the default cost is N = 2^15, r = 8, p = 1', async () => {
    const hash = await hashPassword('x');
    assert.match(hash, /^\$scrypt\$ln=15,r=8,p=1\$/);
    assert.equal(await verifyPassword('x', hash), true);
  });

  it('a generated secret is hashed at less cost, which a check of it can see', async () => {
    const hash = await hashGeneratedSecret('k7f3m9p2x8q4w6z5t3rh');
    assert.match(hash, /^\$scrypt\$ln=10,r=8,p=1\$/);
    assert.equal(await verifyPassword('k7f3m9p2x8q4w6z5t3rh', hash), true);
    assert.equal(await verifyPassword('k7f3m9p2x8q4w6z5t3ri', hash), false);
    assert.equal(isCheaper(hash, { ln: 15, r: 8, p: 1 }), true);
    assert.equal(isCheaper(hash, { ln: 10, r: 8, p: 1 }), false);
  });

  it('the same characters in another Unicode form are the same password', async () => {
    assert.equal(await verifyPassword('e\u0301', await hashPassword('\u00e9', TEST_COST)), true);
  });

  it('what is not a hash, or would cost a fortune to check, is refused', async () => {
    for (const text of ['', 'plain', '$scrypt$ln=15,r=8,p=1$$', `$scrypt$ln=20,r=99,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`]) {
      assert.equal(parseHash(text), undefined, text);
      assert.equal(await verifyPassword('x', text), false);
    }
  });

  it('no more than so many hashes run at one time, and a line too long is refused', async () => {
    const turn = createTurnstile(2, 3);
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const job = () =>
      turn(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => release.push(resolve));
        running -= 1;
      });
    const jobs = Array.from({ length: 5 }, job);
    await assert.rejects(job(), { code: 'unavailable' });
    for (let done = 0; done < 5; ) {
      const next = release.shift();
      if (next) {
        next();
        done += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(jobs);
    assert.equal(most, 2);
  });
});

describe('authenticator', () => {
  let store: MemoryIdentity;
  let clock: SimulatedClock;
  let bus: MemoryBus;
  let auth: Authenticator & SessionKeeper;
  const start = () => {
    const logger = memoryLogger();
    return createAuthenticator({ store, clock, ids: randomIds(clock), logger, events: bus, options: { cost: TEST_COST } });
  };
  beforeEach(async () => {
    store = new MemoryIdentity();
    clock = new SimulatedClock(1_000_000);
    bus = new MemoryBus();
    auth = start();
    await store.add('anna', 'right', { extension: '1001' });
  });
  const fail = async (name: string, times: number) => {
    const codes: string[] = [];
    for (let i = 0; i < times; i += 1) {
      const error = await auth.signIn(name, 'wrong', '192.0.2.1').then(
        () => undefined,
        (e: unknown) => e,
      );
      assert.ok(error instanceof DomainError);
      codes.push(`${error.code}: ${error.message}`);
    }
    return codes;
  };

  it('a right password gives a random token of 256 bits of which only the SHA-256 is stored', async () => {
    const { token, principal } = await auth.signIn('anna', 'right', '192.0.2.1');
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    const [session] = [...store.sessions.values()];
    assert.equal(session?.tokenHash, createHash('sha256').update(token).digest('hex'));
    assert.equal(session?.id, principal.sessionId);
    assert.equal(session?.expiresAt, clock.now() + 12 * 3_600_000);
    assert.equal('passwordHash' in principal.user, false);
    assert.deepEqual(bus.of('user.signed-in')[0]?.data, { username: 'anna', address: '192.0.2.1' });
    assert.equal(store.entries.at(-1)?.action, 'signed-in');
  });

  it('wrong password and unknown user are refused in the same words, through the lock and after it', async () => {
    const known = await fail('anna', 7);
    const unknown = await fail('bert', 7);
    assert.deepEqual(known, unknown);
    assert.deepEqual(
      known.map((line) => line.split(':')[0]),
      [...Array.from({ length: 5 }, () => 'unauthenticated'), 'locked', 'locked'],
    );
    clock.advance(15 * 60_000);
    assert.deepEqual(await fail('anna', 6), await fail('bert', 6));
  });

  it('a locked user is refused even with the right password, for 15 minutes, and survives a restart', async () => {
    await fail('anna', 5);
    await assert.rejects(auth.signIn('anna', 'right', 'x'), { code: 'locked' });
    auth = start();
    await assert.rejects(auth.signIn('anna', 'right', 'x'), { code: 'locked' });
    clock.advance(15 * 60_000 - 1);
    await assert.rejects(auth.signIn('anna', 'right', 'x'), { code: 'locked' });
    clock.advance(1);
    await auth.signIn('anna', 'right', 'x');
    assert.equal(store.users.get('anna')?.failedAttempts, 0);
  });

  it('a success between failures starts the count afresh', async () => {
    await fail('anna', 4);
    await auth.signIn('anna', 'right', 'x');
    await fail('anna', 4);
    await auth.signIn('anna', 'right', 'x');
  });

  it('attempts at the same time are all counted: no more than five are tried', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => auth.signIn('anna', 'wrong', 'x')));
    const codes = outcomes.map((o) => (o.status === 'rejected' ? (o.reason as DomainError).code : 'in'));
    assert.equal(codes.filter((c) => c === 'unauthenticated').length, 5);
    assert.equal(codes.filter((c) => c === 'locked').length, 15);
  });

  it('every failure is an event and an audit entry, and says whether the name is locked now', async () => {
    await fail('anna', 6);
    const locked = bus.of('user.sign-in-failed').map((e) => (e.data as { locked: boolean }).locked);
    assert.deepEqual(locked, [false, false, false, false, true, true]);
    assert.equal(store.entries.filter((e) => e.action === 'sign-in-failed').length, 6);
  });

  it('a disabled user is refused like a wrong password', async () => {
    await store.add('carl', 'right', { enabled: false });
    const [words] = await fail('bert', 1);
    await assert.rejects(auth.signIn('carl', 'right', 'x'), (error: DomainError) => `${error.code}: ${error.message}` === words);
  });

  it('a token is its principal until the session runs out', async () => {
    const { token } = await auth.signIn('anna', 'right', 'x');
    assert.equal((await auth.authenticate(token))?.user.username, 'anna');
    assert.equal(await auth.authenticate((token.startsWith('A') ? 'B' : 'A') + token.slice(1)), undefined);
    assert.equal(await auth.authenticate('short'), undefined);
    clock.advance(12 * 3_600_000 - 1);
    assert.ok(await auth.authenticate(token));
    clock.advance(1);
    assert.equal(await auth.authenticate(token), undefined);
  });

  it('a token of before a restart is still good, and asks the store once in 30 s', async () => {
    const { token } = await auth.signIn('anna', 'right', 'x');
    auth = start();
    store.lookUps = 0;
    for (let i = 0; i < 5; i += 1) assert.ok(await auth.authenticate(token));
    assert.equal(store.lookUps, 1);
    clock.advance(30_000);
    assert.ok(await auth.authenticate(token));
    assert.equal(store.lookUps, 2);
  });

  it('a session that was good is trusted for five minutes more while the store does not answer, a new token is not', async () => {
    const { token } = await auth.signIn('anna', 'right', 'x');
    store.sessionByTokenHash = () => Promise.reject(new Error('Connection terminated'));
    clock.advance(5 * 60_000);
    assert.ok(await auth.authenticate(token));
    clock.advance(30_000);
    await assert.rejects(auth.authenticate(token), /terminated/);
    await assert.rejects(auth.authenticate('A'.repeat(43)), /terminated/);
  });

  it('a user disabled meanwhile is out after 30 s at most', async () => {
    const { token } = await auth.signIn('anna', 'right', 'x');
    Object.assign(store.users.get('anna') ?? {}, { enabled: false });
    clock.advance(30_000);
    assert.equal(await auth.authenticate(token), undefined);
  });

  it('signing out ends the session at once, tells the listeners and is an event', async () => {
    const { token, principal } = await auth.signIn('anna', 'right', 'x');
    const told: string[] = [];
    const stop = auth.onSignOut((id) => told.push(id));
    const racing = auth.authenticate(token);
    await auth.signOut(principal.sessionId);
    await racing;
    assert.equal(await auth.authenticate(token), undefined);
    assert.deepEqual(told, [principal.sessionId]);
    assert.equal(store.sessions.size, 0);
    assert.deepEqual(bus.of('user.signed-out')[0]?.data, { username: 'anna' });
    stop();
  });

  it('a look-up that was under way at sign-out does not bring the session back', async () => {
    const { token, principal } = await auth.signIn('anna', 'right', 'x');
    clock.advance(30_000);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const original = store.userById.bind(store);
    store.userById = async (id) => {
      const user = await original(id);
      await held;
      return user;
    };
    const racing = auth.authenticate(token);
    await auth.signOut(principal.sessionId);
    letGo();
    assert.equal(await racing, undefined);
    assert.equal(await auth.authenticate(token), undefined);
  });

  it('a look-up that was under way when the user was changed does not bring the old roles back', async () => {
    const { token } = await auth.signIn('anna', 'right', 'x');
    clock.advance(30_000);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const original = store.userById.bind(store);
    store.userById = async (id) => {
      const user = await original(id);
      await held;
      return user;
    };
    const racing = auth.authenticate(token);
    await new Promise((resolve) => setImmediate(resolve));
    const user = store.users.get('anna');
    Object.assign(user ?? {}, { roles: ['supervisor'] });
    auth.userChanged(user?.id ?? '');
    letGo();
    assert.deepEqual((await racing)?.roles, ['supervisor']);
    assert.deepEqual((await auth.authenticate(token))?.roles, ['supervisor']);
  });

  it('a session that is prolonged lasts as long again, over a restart, too; one that is not runs out', async () => {
    const [kept, left] = [await auth.signIn('anna', 'right', 'x'), await auth.signIn('anna', 'right', 'x')];
    clock.advance(11 * 3_600_000);
    assert.equal(await auth.prolong(kept.principal.sessionId), clock.now() + 12 * 3_600_000);
    clock.advance(11 * 3_600_000);
    assert.ok(await auth.authenticate(kept.token));
    assert.ok(await start().authenticate(kept.token));
    assert.equal(await auth.authenticate(left.token), undefined);
  });

  it('sessions that were ended in the store are over at once, and their sockets are told', async () => {
    const { token, principal } = await auth.signIn('anna', 'right', 'x');
    const told: string[] = [];
    auth.onSignOut((id) => told.push(id));
    store.sessions.delete(principal.sessionId);
    auth.sessionsEnded([principal.sessionId]);
    assert.equal(await auth.authenticate(token), undefined);
    assert.deepEqual(told, [principal.sessionId]);
  });
});
