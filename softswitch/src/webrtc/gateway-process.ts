import { createSocket, type Socket } from 'node:dgram';
import { Audio, cleanup, PeerConnection, type Track } from 'node-datachannel';
import type { EngineSocket, GatewayCommand, GatewayNotice, GatewaySettings } from './protocol.js';

// Entry of the gateway process: ICE, DTLS and SRTP of browsers on one side, plain RTP to the media engine on the other.
// A process of its own, because the library is native code that parses what strangers send: its death costs browser legs, no others.

const FIGURES_EVERY_MS = 1_000;
/** Host candidates are there in milliseconds; an interface that hangs must not hold up the call. */
const GATHER_MS = 1_500;
const RTCP_FROM = 192;
const RTCP_TO = 223;

const settings = JSON.parse(process.argv[2] ?? '{}') as GatewaySettings;
const notify = (notice: GatewayNotice): void => void process.send?.(notice);
const figures = { toBrowser: 0, fromBrowser: 0, dropped: 0 };

/** RFC 5761 §4: with both on one port the second octet tells. */
function isRtcp(b: Uint8Array): boolean {
  const type = b[1] ?? 0;
  return type >= RTCP_FROM && type <= RTCP_TO;
}

interface Link {
  connection: PeerConnection;
  socket: Socket;
  track: Track | undefined;
  engine: EngineSocket;
  described: boolean;
  gathering: NodeJS.Timeout | undefined;
}

const links = new Map<number, Link>();

const socketTowards = (address: string): Socket => createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });

/** Which of our addresses leads to the engine: it is told that one, and no other is open to strangers. */
function addressTowards({ address, port }: EngineSocket): Promise<string> {
  const probe = socketTowards(address);
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.connect(port, address, () => {
      resolve(probe.address().address);
      probe.close();
    });
  });
}

async function bind(engine: EngineSocket): Promise<Socket> {
  const address = await addressTowards(engine);
  const socket = socketTowards(engine.address);
  return await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port: 0 }, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined); // ICMP of an engine socket that has just been closed
      resolve(socket);
    });
  });
}

function carry(link: Link, track: Track): void {
  link.track = track;
  track.onMessage((b) => {
    figures.fromBrowser++;
    link.socket.send(b, link.engine.port + Number(isRtcp(b)), link.engine.address);
  });
}

async function open({ link: id, engine, offer, trickle }: Extract<GatewayCommand, { do: 'open' }>): Promise<void> {
  const socket = await bind(engine);
  const connection = new PeerConnection(`link-${id}`, {
    iceServers: [],
    ...(settings.bindAddress === undefined ? {} : { bindAddress: settings.bindAddress }),
    portRangeBegin: settings.ports.min,
    portRangeEnd: settings.ports.max,
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  });
  const link: Link = { connection, socket, track: undefined, engine, described: false, gathering: undefined };
  links.set(id, link);
  const described = (): void => {
    const local = connection.localDescription();
    if (link.described || !local) return;
    link.described = true;
    clearTimeout(link.gathering);
    const gathered = !trickle || connection.gatheringState() === 'complete';
    notify({
      is: 'opened',
      link: id,
      sdp: local.sdp,
      socket: { address: socket.address().address, port: socket.address().port },
      gathered,
    });
  };
  connection.onLocalCandidate((line) => {
    if (trickle) notify({ is: 'candidate', link: id, candidate: line.replace(/^(?:a=)?candidate:/, '') });
  });
  connection.onGatheringStateChange((state) => {
    if (state !== 'complete') return;
    described();
    if (trickle) notify({ is: 'gathered', link: id });
  });
  connection.onStateChange((state) => {
    if (state === 'connected' || state === 'disconnected' || state === 'failed' || state === 'closed') {
      notify({ is: 'state', link: id, state });
    }
  });
  connection.onTrack((track) => carry(link, track));
  socket.on('message', (b, from) => {
    const ofEngine = from.address === engine.address && (from.port === engine.port || from.port === engine.port + 1);
    if (ofEngine && link.track?.isOpen()) {
      figures.toBrowser++;
      link.track.sendMessageBinary(b);
    } else figures.dropped++;
  });
  link.gathering = setTimeout(described, GATHER_MS);
  if (offer === undefined) {
    const audio = new Audio('audio', 'SendRecv');
    audio.addAudioCodec(8, 'PCMA');
    audio.addAudioCodec(0, 'PCMU');
    carry(link, connection.addTrack(audio));
    connection.setLocalDescription('offer');
  } else {
    connection.setRemoteDescription(offer, 'offer');
    connection.setLocalDescription('answer');
  }
  if (trickle) described();
}

/** What cannot be used is left out: a browser may tell a hundred, and one that is right is enough. */
function addCandidate({ link, candidate, mid }: Extract<GatewayCommand, { do: 'candidate' }>): void {
  try {
    links.get(link)?.connection.addRemoteCandidate(`candidate:${candidate}`, mid);
  } catch {
    figures.dropped++;
  }
}

function close(id: number): void {
  const link = links.get(id);
  if (!link) return;
  links.delete(id);
  clearTimeout(link.gathering);
  link.track?.close();
  link.connection.close();
  link.socket.close();
}

function stop(): void {
  for (const id of [...links.keys()]) close(id);
  clearInterval(reporting);
  cleanup();
  process.disconnect();
}

process.on('message', (command: GatewayCommand) => {
  switch (command.do) {
    case 'open':
      open(command).catch((error: unknown) => {
        close(command.link);
        notify({ is: 'open-failed', link: command.link, error: error instanceof Error ? error.message : String(error) });
      });
      return;
    case 'answer':
      try {
        links.get(command.link)?.connection.setRemoteDescription(command.sdp, 'answer');
      } catch {
        notify({ is: 'state', link: command.link, state: 'failed' });
      }
      return;
    case 'candidate':
      addCandidate(command);
      return;
    case 'close':
      close(command.link);
      return;
    case 'stop':
      stop();
      return;
  }
});

// The program is gone: nobody is left to talk to.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);

const reporting = setInterval(() => notify({ is: 'figures', links: links.size, ...figures }), FIGURES_EVERY_MS);
notify({ is: 'ready' });
