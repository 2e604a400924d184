import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'mocha';
import { yixian } from '../../src/command.js';
import { type Api, Hotline } from '../../src/hotline.js';
import { eventually, freePorts, releasePorts, requirePeers } from '../../src/peers/index.js';
import type { CallView } from '../../src/scenario.js';
import { FakeDrachtioServer, type NetworkCall } from '../../src/servers/fake-drachtio.js';
import { FakeFreeswitch } from '../../src/servers/fake-freeswitch.js';

// The whole hotline on servers that speak the two wire protocols and nothing more: what it does when one of them is not as it should be.

describe('the hotline on drachtio-server and FreeSWITCH (SWITCH=freeswitch)', function () {
  this.timeout(120_000);
  const first = new FakeFreeswitch();
  const second = new FakeFreeswitch();
  const drachtio = new FakeDrachtioServer([first, second]);
  let hotline: Hotline;
  let admin: Api;
  let numbers = 0;

  let firstPort = 0;
  // The first of the three is another program's.
  const blocker = createServer();
  const listenPorts = () => `${firstPort}-${firstPort + 2}`;

  const env = () => ({
    SWITCH: 'freeswitch',
    FREESWITCH_LISTEN_PORTS: listenPorts(),
    DRACHTIO_URL: drachtio.url,
    FREESWITCH_URL: `${first.url} ${second.url}`,
  });

  before(async function () {
    await requirePeers(this, 'redis');
    // The second is not there when the hotline starts.
    await Promise.all([first.listen(), second.listen(), drachtio.listen()]);
    await second.kill();
    firstPort = await freePorts(4);
    await new Promise<void>((resolve) => blocker.listen(firstPort, '127.0.0.1', resolve));
    hotline = await Hotline.start({ env: env() });
    admin = await hotline.admin();
  });

  after(async () => {
    await hotline?.stop();
    hotline?.removeData();
    await Promise.all([first.kill(), second.kill(), drachtio.kill()]);
    blocker.close();
    releasePorts(firstPort, 4);
  });

  /** A caller who has been answered and hears the greeting. */
  async function answered(): Promise<{ call: NetworkCall; number: string; sdp: string }> {
    const number = `1380000${String(++numbers).padStart(4, '0')}`;
    const call = drachtio.call(number, '12320');
    return { call, number, sdp: await call.answered(200) };
  }

  const record = (number: string): Promise<CallView> =>
    eventually(`the record of ${number}`, async () => {
      const { items } = await admin.get<{ items: { id: string; endedAt: string | null }[] }>(`/calls?caller=${number}`);
      const ended = items.find((one) => one.endedAt !== null);
      return ended && (await admin.get<CallView>(`/calls/${ended.id}`));
    });
  const ready = async (): Promise<{ ok: boolean; text: string }> => {
    const response = await fetch(`${hotline.http}/readyz`);
    return { ok: response.ok, text: await response.text() };
  };
  const servers = async () => (await admin.get<{ items: MediaServerView[] }>('/media-servers')).items;
  const trials = async () => (await readdir(`${hotline.dataDir}/recordings`)).filter((name) => name.startsWith('.trial'));
  const serverIs = (name: string, up: boolean) =>
    eventually(`${name} is ${up ? 'up' : 'down'}`, async () => (await servers()).find((s) => s.name === name && s.up === up));

  it('a call through FreeSWITCH is tried, which connects back to a port that it may, and records where we can read', async () => {
    await eventually('a trial', () => first.commands.some((c) => /^uuid_record \S+ start \S+\/recordings\/\.trial-\S+ /.test(c)));
    await eventually('it is over', () => first.channels.size === 0);
    assert.deepEqual([...new Set(first.connectedTo)], [`127.0.0.1:${firstPort + 1}`]);
    assert.deepEqual(await trials(), []);
  });

  it('answers with the address of FreeSWITCH, plays there, and ends the channel with the call', async () => {
    const { call, sdp } = await answered();
    assert.match(sdp, /^m=audio 4\d{4} RTP\/AVP 8/m);
    await eventually('the greeting', () => first.commands.some((c) => /^conference \S+ play \S+greeting\.wav \d+ nomux$/.test(c)));
    const [channel] = first.channels.keys();
    drachtio.hangUp(call);
    await eventually('the channel has ended', () => first.channels.size === 0);
    assert.ok(first.commands.includes(`uuid_kill ${channel}`));
  });

  it('a FreeSWITCH that was down at the start is told of, tried again, and taken when it is there', async () => {
    assert.deepEqual(
      (await servers()).map(({ name, up }) => [name, up]),
      [
        [first.name, true],
        [second.name, false],
      ],
    );
    assert.match((await servers())[1]?.fault ?? '', new RegExp(`^FreeSWITCH at ${second.name} cannot be reached`));
    assert.equal((await ready()).ok, true, 'one of two is enough');
    await second.listen();
    await serverIs(second.name, true);
    assert.deepEqual([...new Set(second.connectedTo)], [`127.0.0.1:${firstPort + 2}`]);
  });

  it('a drained server takes no new calls and keeps those it has', async () => {
    const { call } = await answered();
    assert.equal(first.channels.size, 1);
    await admin.put(`/media-servers/${first.name}`, { drained: true });
    const other = await answered();
    assert.deepEqual([first.channels.size, second.channels.size], [1, 1]);
    assert.equal((await servers())[0]?.drained, true);
    assert.equal(call.bye, undefined);
    await admin.put(`/media-servers/${first.name}`, { drained: false });
    for (const one of [call, other.call]) drachtio.hangUp(one);
    await eventually('both are free', () => first.channels.size + second.channels.size === 0);
  });

  it('`yixian media-servers` lists them, and takes one out and back, which all processes follow; it is audited', async () => {
    const command = async (...args: string[]) => await yixian(['media-servers', ...args], { ...hotline.env });
    const drained = (name: string, on: boolean) =>
      eventually(`${name} drained: ${on}`, async () => (await servers()).some((s) => s.name === name && s.drained === on));
    const out = await command('--drain', second.name);
    assert.equal(out.code, 0, out.stderr);
    assert.match(out.stdout, new RegExp(`^${second.name} +drained +0 of 2000 sessions$`, 'm'));
    assert.match(out.stdout, new RegExp(`^${first.name} +in service +0 of 2000 sessions$`, 'm'));
    await drained(second.name, true);
    assert.equal((await command('--restore', second.name)).code, 0);
    await drained(second.name, false);
    const { items } = await admin.get<{ items: { action: string; subject: string }[] }>(`/audit?subject=${second.name}`);
    const acts = items.map((one) => one.action);
    assert.deepEqual(acts.slice(0, 2), ['media-server.in-service', 'media-server.drained']);
    const unknown = await command('--drain', '127.0.0.1:1');
    assert.deepEqual([unknown.code, unknown.stdout], [1, '']);
    assert.match(
      unknown.stderr,
      new RegExp(`^yixian: there is no media server 127\\.0\\.0\\.1:1; FREESWITCH_URL names ${first.name}, ${second.name}\n$`),
    );
    await admin.put(`/media-servers/${second.name}`, { drained: true });
  });

  it('a FreeSWITCH that dies ends its calls truthfully, and nothing else; it is taken back', async () => {
    const { call, number } = await answered();
    await first.kill();
    await call.hungUp();
    const { termination } = await record(number);
    assert.deepEqual([termination?.by, termination?.reason], ['system', 'media-failure']);
    assert.equal((await ready()).ok, true, 'a drained server is one that could be used');
    await first.listen();
    await serverIs(first.name, true);
    drachtio.hangUp((await answered()).call);
  });

  it('one that comes back and can write no recording is not used, and told of, until it can', async () => {
    first.writes = false;
    await first.kill();
    await serverIs(first.name, false);
    await first.listen();
    const told = () => servers().then((all) => /cannot write in \S+\/recordings: its user needs to$/.test(all[0]?.fault ?? ''));
    await eventually('the fault is told', told);
    first.writes = true;
    await serverIs(first.name, true);
    assert.deepEqual(await trials(), []);
  });

  it('one that does not answer any more is taken out, though its connections stand', async () => {
    const { call, number } = await answered();
    first.answersStatus = false;
    await call.hungUp();
    const { termination } = await record(number);
    assert.deepEqual([termination?.by, termination?.reason], ['system', 'media-failure']);
    assert.match((await serverIs(first.name, false))?.fault ?? '', /has not answered for 6 s$|does not say how many sessions it takes/);
    first.answersStatus = true;
    await serverIs(first.name, true);
  });

  it('drachtio-server dies: the calls end truthfully, their channels too; when it is back the next call is answered', async () => {
    const { number } = await answered();
    await drachtio.kill();
    await eventually('the channel has ended', () => first.channels.size === 0);
    const { termination } = await record(number);
    assert.deepEqual([termination?.by, termination?.reason], ['network', 'transport-failure']);
    assert.match((await ready()).text, /the SIP server is not connected/);
    await drachtio.listen();
    await eventually('it is connected again', async () => (await ready()).ok);
    drachtio.hangUp((await answered()).call);
  });

  it('what a process that died has left on FreeSWITCH is hung up; what a living one has there is not', async () => {
    first.set('yixian_alive_yx00000001', first.now - 10);
    first.set('yixian_alive_yx00000002', first.now - 3_600);
    first.orphans.push('yx00000001-1', 'yx00000002-1', 'yx00000002-7', 'yx00000003-1', 'not-ours');
    const hung = () => first.commands.filter((c) => /^conference \S+ hup all$/.test(c)).map((c) => c.split(' ')[1]);
    await eventually('they are hung up', () => hung().length >= 3, 60_000);
    assert.deepEqual(hung().slice(0, 3).sort(), ['yx00000002-1', 'yx00000002-7', 'yx00000003-1']);
    assert.ok(!hung().some((room) => room === 'yx00000001-1' || room === 'not-ours'));
    first.orphans.length = 0;
  });

  it('doctor tells of servers, a running hotline of its own', async () => {
    const running = await yixian(['doctor'], { ...hotline.env });
    assert.match(running.stdout, /✓ switch +answers on \/readyz/);
    assert.match(running.stdout, new RegExp(`✓ freeswitch +FreeSWITCH 1\\.11\\.3 at ${first.name} takes 2000 sessions`));
    // the port of SIP is taken, by drachtio-server as a rule: here by what stands for it
    const sipPort = /:(\d+),/.exec(drachtio.url)?.[1] ?? '';
    const apart = { ...hotline.env, DATA_DIR: `${hotline.dataDir}-none`, HTTP_PORT: '0', SIP_PORT: sipPort };
    const wrong = { ...apart, DRACHTIO_URL: drachtio.url.replace(/,.*/, ',guessed'), FREESWITCH_URL: `${first.url} 127.0.0.1:1,x` };
    const { stdout } = await yixian(['doctor'], wrong);
    assert.match(stdout, /drachtio-server at \S+ does not take the secret of DRACHTIO_URL/);
    assert.match(stdout, new RegExp(`FreeSWITCH 1\\.11\\.3 at ${first.name} takes 2000 sessions`));
    assert.match(stdout, /FreeSWITCH at 127\.0\.0\.1:1 cannot be reached/);
    assert.doesNotMatch(stdout, /guessed|media-secret|SIP_PORT:/);
  });

  it('doctor tries a call through each server when the hotline does not run: recordings, and the way back', async () => {
    const sipPort = /:(\d+),/.exec(drachtio.url)?.[1] ?? '';
    const other = { SIP_PORT: sipPort, HTTP_PORT: '0', FREESWITCH_LISTEN_PORTS: String(firstPort), FREESWITCH_URL: first.url };
    const apart = { ...hotline.env, DATA_DIR: `${hotline.dataDir}-apart`, ...other };
    const doctor = async (changes: Record<string, string> = {}) => (await yixian(['doctor'], { ...apart, ...changes })).stdout;
    assert.match(await doctor(), new RegExp(`✗ freeswitch +no port of FREESWITCH_LISTEN_PORTS ${firstPort} can be had`));
    const free = { FREESWITCH_LISTEN_PORTS: `${firstPort}-${firstPort + 3}` };
    assert.match(await doctor(free), /✓ freeswitch +FreeSWITCH 1\.11\.3 at \S+ was called, connected back, and wrote a recording/);
    first.writes = false;
    assert.match(await doctor(free), /✗ freeswitch +FreeSWITCH at \S+ cannot write in \S+-apart\/recordings: its user needs to/);
    first.writes = true;
    first.connectsBack = false;
    assert.match(await doctor(free), /✗ freeswitch +FreeSWITCH at \S+ does not connect back to us at 127\.0\.0\.1:\d+: TCP has to be open/);
    first.connectsBack = true;
  });

  it('a folder that FreeSWITCH does not see under the same path is named', async () => {
    first.seesFiles = false;
    const { stdout } = await yixian(['doctor'], { ...hotline.env });
    first.seesFiles = true;
    assert.match(
      stdout,
      new RegExp(`✗ freeswitch +FreeSWITCH at ${first.name} does not see ${hotline.dataDir}/recordings: it has to be the same`),
    );
  });

  it('without any FreeSWITCH the start stops with a line that names each', async () => {
    const { code, stdout, stderr } = await yixian(['start'], {
      ...env(),
      DATA_DIR: `${hotline.dataDir}-other`,
      HTTP_PORT: '0',
      FREESWITCH_URL: `${first.url.replace(/,.*/, ',guessed')} 127.0.0.1:1,x`,
    });
    const text = stdout + stderr;
    assert.notEqual(code, 0);
    assert.match(text, new RegExp(`FreeSWITCH at ${first.name} does not take the secret of FREESWITCH_URL`));
    assert.match(text, /FreeSWITCH at 127\.0\.0\.1:1 cannot be reached/);
    assert.doesNotMatch(text, /guessed/);
  });
});

interface MediaServerView {
  name: string;
  up: boolean;
  drained: boolean;
  fault: string | null;
}
