// What nobody is to read in a trace: answers to challenges and keys of media. Names, realms and nonces stay.

const CREDENTIALS = /^((?:proxy-)?authorization[ \t]*:)(.*(?:\r\n[ \t].*)*)/gim;
const ANSWER = /\bresponse[ \t]*=[ \t]*("[^"\r\n]*"?|[^,\s]*)/gi;
/** RFC 4568 §9.1, RFC 8839 §5.4. */
const MEDIA_KEYS = /^(a=crypto:.*?\binline:|a=ice-pwd:)[^\r\n|;]*/gim;

/** The text of a message with its secrets as `***`; what has none is given back as it is. */
export function withoutSecrets(text: string): string {
  let safe = text;
  if (safe.includes('uthorization') || safe.includes('UTHORIZATION')) {
    // Anything else than a digest is a secret as a whole.
    safe = safe.replace(CREDENTIALS, (_, name: string, value: string) =>
      /^\s*digest\s/i.test(value) ? `${name}${value.replace(ANSWER, 'response="***"')}` : `${name} ***`,
    );
  }
  if (safe.includes('inline:') || safe.includes('ice-pwd')) safe = safe.replace(MEDIA_KEYS, '$1***');
  return safe;
}
