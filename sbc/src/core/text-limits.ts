/** Longest text, bytes of UTF-8: a MESSAGE has to stay below 1,300 bytes as a whole (RFC 3428 §8). */
export const MAX_TEXT_BYTES = 900;

/** What is wrong with a text; undefined when nothing is. */
export function textProblem(text: string): 'empty' | 'too-long' | undefined {
  if (text.trim().length === 0) return 'empty';
  return Buffer.byteLength(text, 'utf8') > MAX_TEXT_BYTES ? 'too-long' : undefined;
}
