import { parseArgs } from 'node:util';
import { Hotline } from '../src/hotline.js';
import { callerDialog, type Message, SipSocket } from './sip-socket.js';

const HELP = `SWITCH=freeswitch SIP_PORT=… DRACHTIO_URL=… FREESWITCH_URL=… npm run bench:freeswitch-setup -- --media HOST:PORT

How long a caller waits for the 200 of an INVITE: at the hotline on drachtio-server and FreeSWITCH, which has put the call into
PostgreSQL by then, and at that FreeSWITCH alone, in turn, one call at a time.

  --media HOST:PORT  SIP of FreeSWITCH's profile for Yixian (sip-port in freeswitch.xml)
  --calls N          of each (default 100)`;

const PAUSE_MS = 150;
const ANSWER_MS = 5_000;

const { values } = parseArgs({
  options: { media: { type: 'string' }, calls: { type: 'string', default: '100' }, help: { type: 'boolean' } },
});
if (values.help || !values.media || process.env.SWITCH !== 'freeswitch') {
  process.stdout.write(`${HELP}\n`);
  process.exit(values.help ? 0 : 2);
}

const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 29998 RTP/AVP 8',
  'a=rtpmap:8 PCMA/8000',
  '',
].join('\r\n');

/** Milliseconds from the INVITE to its 200; the call is ended then. */
async function setUp(socket: SipSocket, port: string | number, user: string, n: number): Promise<number> {
  const uri = `sip:${user}@127.0.0.1:${port}`;
  const from = `<sip:1380000${String(n).padStart(4, '0')}@127.0.0.1>;tag=s${n}`;
  const callId = `setup-${user}-${n}`;
  const extra = [`Contact: <sip:bench@127.0.0.1:${socket.port}>`];
  const began = performance.now();
  const ok = await new Promise<Message>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer at ${uri}`)), ANSWER_MS);
    socket.request('INVITE', uri, { from, to: `<${uri}>`, callId, cseq: 1, extra, body: SDP }, (m) => {
      if (m.status < 200) return;
      clearTimeout(late);
      if (m.status >= 300) reject(new Error(`${uri}: ${m.startLine}`));
      else resolve(m);
    });
  });
  const took = ok.at - began;
  const dialog = callerDialog(ok, { from, callId, cseq: 1 });
  socket.ack(dialog);
  await Promise.race([socket.bye(dialog), new Promise((resolve) => setTimeout(resolve, 500))]);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return took;
}

function told(name: string, all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  process.stdout.write(
    `${name.padEnd(28)} p50 ${at(0.5).toFixed(1)} ms   p95 ${at(0.95).toFixed(1)} ms   max ${at(1).toFixed(1)} ms   (${all.length} calls)\n`,
  );
  return at(0.5);
}

const hotline = await Hotline.start({ env: { LOG_LEVEL: 'warn' } });
const [, mediaPort = ''] = values.media.split(':');
const [atHotline, atMedia] = [new SipSocket(hotline.sipPort), new SipSocket(Number(mediaPort))];
try {
  await Promise.all([atHotline.open(), atMedia.open()]);
  for (let n = 0; n < 5; n++) await setUp(atHotline, hotline.sipPort, '12320', n);
  const [with_, alone]: [number[], number[]] = [[], []];
  for (let n = 10; n < 10 + Number(values.calls); n++) {
    alone.push(await setUp(atMedia, mediaPort, 'drachtio', n));
    with_.push(await setUp(atHotline, hotline.sipPort, '12320', n));
  }
  const added = told('the hotline', with_) - told('FreeSWITCH alone', alone);
  process.stdout.write(`added at the median           ${added.toFixed(1)} ms (aim: 20)\n`);
} finally {
  atHotline.close();
  atMedia.close();
  await hotline.stop();
  hotline.removeData();
}
