/** The middle value; of an even number of values the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  if (sorted.length % 2 === 1) return upper
  return ((sorted[sorted.length / 2 - 1] ?? Number.NaN) + upper) / 2
}

/** The value below which `share` (0 to 1) of an ascending list lies. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  const at = Math.min(ascending.length - 1, Math.floor(ascending.length * share))
  return ascending[at] ?? Number.NaN
}
