import type { LegEvent, LegState, Termination } from '@yixian/contracts';
import type { DialogView } from './sip/index.js';

/** What is looked at of a leg. */
export interface FollowedLeg {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly extension: string | undefined;
  readonly state: LegState;
  readonly ended: Promise<Termination>;
  subscribe(listener: (event: LegEvent) => void): () => void;
}

/** The calls of every extension, kept up to date for whoever watches it. */
export class ExtensionDialogs {
  readonly #changed: (extension: string, dialogs: readonly DialogView[]) => void;
  readonly #byExtension = new Map<string, Map<string, DialogView>>();

  constructor(changed: (extension: string, dialogs: readonly DialogView[]) => void) {
    this.#changed = changed;
  }

  /** From the first moment of a leg to its end; legs of trunks are nobody's. */
  follow(leg: FollowedLeg): void {
    const { extension, id } = leg;
    if (extension === undefined) return;
    const direction = leg.direction === 'inbound' ? 'initiator' : 'recipient';
    const tell = (state: DialogView['state']): void => this.put(extension, { id, direction, state });
    tell('trying');
    const quit = leg.subscribe((event) => {
      if (event.type === 'ringing' || event.type === 'early-media') tell('early');
      if (event.type === 'answered') tell('confirmed');
    });
    void leg.ended.then(() => {
      quit();
      this.put(extension, { id, direction, state: 'terminated' });
    });
    if (leg.state === 'answered') tell('confirmed');
  }

  /** A call of the extension, whether on a leg of its own or elsewhere. */
  put(extension: string, dialog: DialogView): void {
    const all = this.#byExtension.get(extension) ?? new Map<string, DialogView>();
    if ((all.get(dialog.id)?.state ?? 'terminated') === dialog.state) return;
    if (dialog.state === 'terminated') all.delete(dialog.id);
    else all.set(dialog.id, dialog);
    if (all.size > 0) this.#byExtension.set(extension, all);
    else this.#byExtension.delete(extension);
    this.#changed(extension, [...all.values()]);
  }
}
