import type { MessagePort } from 'node:worker_threads';

// Where a recording goes that must not stand on the disk as it is said: its audio is handed on, piece by piece, as it is written.

/** To the sink: the next piece of PCM16 (whole frames, channels in turn), or that there is no more. The piece's memory goes with it. */
export type ToSink = Uint8Array | 'end';

/** From it: octets it has kept so far; why it keeps no more; after `end`, that everything is kept. */
export type FromSink = { is: 'kept'; bytes: number } | { is: 'failed'; error: string } | { is: 'closed' };

/** The writer's end of a channel to a sink. It is given away with the request that names it; either side ends it by closing it. */
export type AudioSink = MessagePort;
