// Between the program and the gateway process. Links are numbered by the program; one link is one browser's connection.

export interface GatewaySettings {
  /** Address ICE gathers on; undefined: every interface. */
  bindAddress: string | undefined;
  /** UDP ports of ICE, inclusive. */
  ports: { min: number; max: number };
  /** Where the media engine's sockets are: loopback. */
  engineAddress: string;
}

export type GatewayCommand =
  /** With the browser's offer: answers it; without: makes an offer. */
  | { do: 'open'; link: number; enginePort: number; offer: string | undefined }
  | { do: 'answer'; link: number; sdp: string }
  | { do: 'close'; link: number }
  | { do: 'stop' };

export type GatewayNotice =
  | { is: 'ready' }
  /** Described: the gateway's own SDP with all candidates, and its socket towards the engine. */
  | { is: 'opened'; link: number; sdp: string; port: number }
  | { is: 'open-failed'; link: number; error: string }
  | { is: 'state'; link: number; state: 'connected' | 'disconnected' | 'failed' | 'closed' }
  | { is: 'figures'; links: number; toBrowser: number; fromBrowser: number; dropped: number };
