import type { Logger } from '@yixian/contracts';
import type { EslEvent, FsEndpoint } from './libraries.js';

const ANSWER_MS = 5_000;

export interface ChannelEvents {
  digit(digit: string, durationMs: number, source: string): void;
  /** In a room, with this member number. */
  joined(room: string, member: string): void;
  /** A file for this member is over: it ended or was stopped. */
  played(member: string): void;
  /** FreeSWITCH has hung up, or the connection to it is gone. */
  ended(why: string): void;
}

/** One channel of FreeSWITCH: its commands, each answered within five seconds, and its events. */
export class Channel {
  readonly uuid: string;
  readonly #endpoint: FsEndpoint;
  readonly #logger: Logger;
  readonly #events: ChannelEvents;
  readonly #waiting = new Set<(error: Error) => void>();
  #over = false;

  constructor(endpoint: FsEndpoint, events: ChannelEvents, logger: Logger) {
    this.uuid = endpoint.uuid;
    this.#endpoint = endpoint;
    this.#events = events;
    this.#logger = logger;
    endpoint.on('dtmf', (event: { dtmf?: string; duration?: string; source?: string }) => {
      // In samples of 8 kHz.
      events.digit(event.dtmf ?? '', Math.round(Number(event.duration ?? 0) / 8), event.source ?? '');
    });
    endpoint.conn?.on(`esl::event::CUSTOM::${endpoint.uuid}`, (event) => this.#conference(event));
    endpoint.conn?.on('esl::end', () => this.#ended('the connection to FreeSWITCH was lost'));
    endpoint.dialog.on('destroy', (_request: unknown, reason?: string) => this.#ended(reason ?? 'FreeSWITCH has hung up'));
  }

  #conference(event: EslEvent): void {
    if (event.getHeader('Event-Subclass') !== 'conference::maintenance') return;
    const action = event.getHeader('Action');
    if (action === 'add-member') this.#events.joined(event.getHeader('Conference-Name') ?? '', event.getHeader('Member-ID') ?? '');
    else if (action === 'play-file-member-done') this.#events.played(event.getHeader('Member-ID') ?? '');
  }

  #ended(why: string): void {
    if (this.#over) return;
    this.#over = true;
    for (const reject of [...this.#waiting]) reject(new Error(why));
    this.#events.ended(why);
  }

  /** @throws Error with what FreeSWITCH answered, when it is no success, or when nothing came in time */
  async command(name: string, args: string): Promise<string> {
    const answer = (await this.#ask(name, args)).trim();
    if (/^-(ERR|USAGE)/.test(answer)) throw new Error(`FreeSWITCH: ${name} ${args}: ${answer.slice(0, 200)}`);
    return answer;
  }

  #ask(name: string, args: string): Promise<string> {
    const connection = this.#endpoint.conn;
    if (this.#over || !connection) return Promise.reject(new Error('the channel has ended'));
    return new Promise((resolve, reject) => {
      const settle = (tell: () => void): void => {
        clearTimeout(deadline);
        this.#waiting.delete(fail);
        tell();
      };
      const fail = (error: Error): void => settle(() => reject(error));
      const deadline = setTimeout(() => fail(new Error(`FreeSWITCH did not answer ${name} within ${ANSWER_MS / 1_000} s`)), ANSWER_MS);
      this.#waiting.add(fail);
      connection.api(name, args, (event) => settle(() => resolve(event.getBody() ?? '')));
    });
  }

  async execute(application: string, args: string): Promise<void> {
    if (!this.#over) await this.#endpoint.execute(application, args);
  }

  /** Tells FreeSWITCH where the party's media is. */
  async describe(sdp: string): Promise<void> {
    if (this.#over) throw new Error('the channel has ended');
    await this.#endpoint.dialog.modify(sdp);
  }

  /** Its server is gone. If only the way there is, closing this connection ends the channel. */
  abandon(why: string): void {
    this.#ended(why);
    this.#forget();
    try {
      this.#endpoint.conn?.disconnect();
    } catch (error) {
      this.#logger.debug({ channel: this.uuid, error: String(error) }, 'the channel had no connection any more');
    }
  }

  /** drachtio-server forgets its dialog; FreeSWITCH answers, or nobody does. */
  #forget(): void {
    this.#endpoint.dialog.destroy().catch((error: unknown) => {
      this.#logger.debug({ channel: this.uuid, error: String(error) }, 'drachtio-server did not end the dialog of a channel');
    });
  }

  /** Hangs up over the event socket, which needs no SIP server; resolves when FreeSWITCH has answered or is gone. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    for (const reject of [...this.#waiting]) reject(new Error('the channel has ended'));
    const connection = this.#endpoint.conn;
    const answered = await new Promise<boolean>((resolve) => {
      const deadline = setTimeout(() => resolve(false), ANSWER_MS);
      const settle = (): void => {
        clearTimeout(deadline);
        resolve(true);
      };
      connection?.once('esl::end', settle);
      this.#endpoint.dialog.once('destroy', settle);
      connection?.api('uuid_kill', this.uuid, settle);
    });
    if (!answered) this.#forget();
  }
}
