import type { VoicemailRow } from '@yixian/contracts';
import type { Context } from './context.js';

/** Tells phones how many messages wait (MWI), and whoever is named in the box of each new one. */
export interface Messages {
  left(message: VoicemailRow): void;
  /** Something was heard, deleted or left, or a box was changed: phones are told what is different. */
  changed(): void;
  /** Tells every phone anew, and follows changes of the boxes until `stop`. */
  start(): void;
  stop(): void;
}

export function createMessages(context: Pick<Context, 'options' | 'background'>): Messages {
  const { options, background } = context;
  /** What each extension was told last. */
  let told = new Map<string, string>();
  let running: Promise<unknown> | undefined;
  let again = false;
  let unsubscribe: (() => void) | undefined;

  async function tell(): Promise<void> {
    const counts = new Map((await options.rows.messageCounts()).map((count) => [count.box, count]));
    const waiting = new Map<string, { newMessages: number; oldMessages: number }>();
    for (const { id, extensions } of options.configuration.boxes()) {
      const { newMessages = 0, oldMessages = 0 } = counts.get(id) ?? {};
      for (const extension of extensions) {
        const sum = waiting.get(extension) ?? { newMessages: 0, oldMessages: 0 };
        waiting.set(extension, { newMessages: sum.newMessages + newMessages, oldMessages: sum.oldMessages + oldMessages });
      }
    }
    // An extension that was taken out of its last box has nothing waiting any more.
    for (const extension of told.keys()) if (!waiting.has(extension)) waiting.set(extension, { newMessages: 0, oldMessages: 0 });
    const next = new Map<string, string>();
    for (const [extension, count] of waiting) {
      const words = `${count.newMessages}/${count.oldMessages}`;
      if (told.get(extension) !== words) options.switch.setMessagesWaiting(extension, count);
      next.set(extension, words);
    }
    told = next;
  }
  /** One look at a time; whatever changes meanwhile is found by one more. */
  function changed(): void {
    if (running) {
      again = true;
      return;
    }
    running = background.persist('messages waiting', tell).finally(() => {
      running = undefined;
      if (!again) return;
      again = false;
      changed();
    });
  }
  return {
    left(message) {
      const url = options.configuration.box(message.box)?.notifyUrl;
      if (url) options.notify?.(url, message);
      changed();
    },
    changed,
    start() {
      told = new Map();
      unsubscribe ??= options.configuration.onChange(changed);
      changed();
    },
    stop() {
      unsubscribe?.();
      unsubscribe = undefined;
    },
  };
}
