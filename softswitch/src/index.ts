export type { InterfaceAddress } from './local-address.js';
export type { CodecName } from './media/port.js';
export type { SoftswitchOptions } from './options.js';
export type { ListenPoint } from './sip/port.js';
export { createSoftswitch, type Softswitch } from './softswitch.js';
export { type CollectedMessages, SipTrace, type SipTraceLimits } from './trace/sip-trace.js';
export { createSipUpgrades, type SipUpgrades } from './webrtc/accept.js';
