// What the tests use of the meeting page's documented interface. Declared here and not imported: these are names that
// programs outside the repository rely on.

export interface Received {
  readonly participant: string;
  readonly source: 'mic' | 'camera' | 'screen' | 'screen-audio';
  readonly kind: 'audio' | 'video';
  readonly framesDecoded: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly codec: string | null;
  readonly bytes: number;
  readonly packetsLost: number;
  readonly freezeCount: number;
  readonly totalFreezesDuration: number;
  readonly audioEnergy: number;
}

export interface Sent {
  readonly source: string;
  readonly rid: string | null;
  readonly frameWidth: number;
  readonly framesEncoded: number;
}

export interface Stats {
  readonly topology: Topology;
  readonly received: readonly Received[];
  readonly sent: readonly Sent[];
  readonly rtt_ms: number | null;
}

export type Topology = 'connecting' | 'p2p' | 'sfu' | 'composite';

export interface ParleyPage {
  readonly room: string;
  readonly self: string | null;
  readonly topology: Topology;
  participants(): readonly { readonly id: string; readonly name: string }[];
  stats(): Promise<Stats>;
}

declare global {
  interface Window {
    readonly parley?: ParleyPage;
  }
}
