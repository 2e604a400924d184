const OUTBOUND = /^(sips?):(?:[^@;?]*@)?([^@;?\s]+)(;[^\s?]*)?$/i;

/**
 * Puts a number into a trunk's outbound URI: `sip:127.0.0.1:5080` and `13800138000` give `sip:13800138000@127.0.0.1:5080`.
 * URI parameters such as `;transport=tcp` are kept; `#` is escaped (RFC 3261 §25.1, `user`).
 * @throws Error when the trunk's URI is not a SIP URI
 */
export function outboundUri(trunkUri: string, number: string): string {
  const match = OUTBOUND.exec(trunkUri.trim());
  if (!match) throw new Error(`outboundUri "${trunkUri}" is not a SIP URI such as sip:192.0.2.1:5060`);
  const [, scheme = 'sip', host = '', parameters = ''] = match;
  return `${scheme.toLowerCase()}:${number.replaceAll('#', '%23')}@${host}${parameters}`;
}
