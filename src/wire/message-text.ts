/** Some texts repeat what a client has sent, and a string has room for 32,767 bytes, which may be three a character. */
const LONGEST_TEXT = 4_000

/** A text for people, cut to what fits into any answer. */
export function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`
}
