/** What is needed of a socket of the `ws` package. */
export interface SipSocket {
  readonly bufferedAmount: number;
  send(data: string, done: (error?: Error | null) => void): void;
  ping(): void;
  close(code?: number): void;
  terminate(): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'pong' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}
