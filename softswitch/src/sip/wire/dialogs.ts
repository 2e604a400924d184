/** What the server outside calls our dialogs. It tells a little later than we begin to use one; whoever needs the name waits for it. */
export class WireDialogs {
  readonly #ids = new Map<string, string>();
  readonly #waiting = new Map<string, ((id: string | undefined) => void)[]>();

  get size(): number {
    return this.#ids.size;
  }

  /** The name is on its way. */
  expect(key: string): void {
    if (!this.#ids.has(key) && !this.#waiting.has(key)) this.#waiting.set(key, []);
  }

  learn(key: string, id: string | undefined): void {
    if (id !== undefined && id !== '') this.#ids.set(key, id);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const tell of waiting ?? []) tell(this.#ids.get(key));
  }

  /** Calls back at once when the name is known or will never be. */
  of(key: string, tell: (id: string | undefined) => void): void {
    const id = this.#ids.get(key);
    const waiting = this.#waiting.get(key);
    if (id === undefined && waiting) waiting.push(tell);
    else tell(id);
  }

  forget(key: string): void {
    this.#ids.delete(key);
    this.learn(key, undefined);
  }

  clear(): void {
    this.#ids.clear();
    for (const key of [...this.#waiting.keys()]) this.learn(key, undefined);
  }
}
