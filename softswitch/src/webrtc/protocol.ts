// Between the program and the gateway process. Links are numbered by the program; one link is one browser's connection.

/** The media engine's RTP socket of a leg; that of RTCP stands one above. */
export interface EngineSocket {
  address: string;
  port: number;
}

export interface GatewaySettings {
  /** Address ICE gathers on; undefined: every interface. */
  bindAddress: string | undefined;
  /** UDP ports of ICE, inclusive. */
  ports: { min: number; max: number };
}

export type GatewayCommand =
  /** With the browser's offer: answers it; without: makes an offer. `trickle`: describes it at once, candidates may follow. */
  | { do: 'open'; link: number; engine: EngineSocket; offer: string | undefined; trickle: boolean }
  | { do: 'answer'; link: number; sdp: string }
  /** One more of the browser's, the value of `a=candidate`. */
  | { do: 'candidate'; link: number; candidate: string; mid: string }
  | { do: 'close'; link: number }
  | { do: 'stop' };

export type GatewayNotice =
  | { is: 'ready' }
  /** Described: the gateway's own SDP with the candidates known by now (all when `gathered`), and its socket towards the engine. */
  | { is: 'opened'; link: number; sdp: string; socket: { address: string; port: number }; gathered: boolean }
  /** One more of the gateway's, the value of `a=candidate`; may have been told already. */
  | { is: 'candidate'; link: number; candidate: string }
  /** All are told. */
  | { is: 'gathered'; link: number }
  | { is: 'open-failed'; link: number; error: string }
  | { is: 'state'; link: number; state: 'connected' | 'disconnected' | 'failed' | 'closed' }
  | { is: 'figures'; links: number; toBrowser: number; fromBrowser: number; dropped: number };
