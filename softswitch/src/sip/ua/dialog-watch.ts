import type { LegOrigin } from '@yixian/contracts';
import { type DialogView, dialogInfoBody } from '../notifier/dialog-info.js';
import type { SubscribeRequest } from '../notifier/subscribe.js';
import { formatHost, parseUri } from '../parser/uri.js';
import type { NewRequest } from '../transaction/port.js';
import type { Hop } from '../transport/types.js';
import type { UaContext } from './context.js';
import { type Refuse, Subscriptions } from './subscriptions.js';

/** Phones that may watch one extension. */
const WATCHERS = 200;

export interface DialogWatchDeps {
  ctx: UaContext;
  maxSubscriptions: number;
  isExtension(extension: string): boolean;
}

/** Busy lamps (RFC 4235): a phone of ours sees of any extension whether it rings or talks, and no more. */
export class DialogWatch {
  readonly #deps: DialogWatchDeps;
  readonly #dialogs = new Map<string, readonly DialogView[]>();
  readonly #subscriptions: Subscriptions;

  constructor(deps: DialogWatchDeps) {
    this.#deps = deps;
    this.#subscriptions = new Subscriptions({ ...deps, perExtension: WATCHERS });
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  subscribe(incoming: NewRequest, asked: SubscribeRequest, origin: LegOrigin, refuse: Refuse): void {
    const { request, fields } = incoming;
    if (origin.kind !== 'extension') {
      refuse(incoming, 403, 'Forbidden');
      return;
    }
    const extension = parseUri(request.uri)?.user ?? fields.to.uri?.user ?? '';
    if (!this.#deps.isExtension(extension)) {
      refuse(incoming, 404, 'Not Found');
      return;
    }
    this.#subscriptions.begin(incoming, asked, extension, (hop, version) => this.#body(extension, hop, version), refuse);
  }

  #body(extension: string, hop: Hop, version: number): Buffer {
    const local = this.#deps.ctx.transport.localFor(hop) ?? hop;
    return dialogInfoBody(`sip:${extension}@${formatHost(local.address)}`, version, this.#dialogs.get(extension) ?? []);
  }

  set(extension: string, dialogs: readonly DialogView[]): void {
    if (dialogs.length > 0) this.#dialogs.set(extension, dialogs);
    else this.#dialogs.delete(extension);
    for (const subscription of this.#subscriptions.of(extension)) subscription.changed();
  }

  stop(): void {
    this.#subscriptions.stop();
  }
}
