/** Why a sign-in was refused, by the server's code: keys of the namespace `common`. What has none is told in the server's words. */
export const SIGN_IN_WORDS: Readonly<Record<string, string>> = {
  unauthenticated: 'signInWrong',
  locked: 'signInLocked',
  'too-many-requests': 'signInTooMany',
  unreachable: 'unreachable',
};
