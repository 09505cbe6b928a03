/** Chance, as the broker sees it: identifiers and jitter. Seeded in simulations. */
export interface Random {
  /** `count` random bytes in a buffer of its own. */
  bytes(count: number): Buffer
  /** A whole number from 0 up to, and not including, `limit`. */
  below(limit: number): number
}
