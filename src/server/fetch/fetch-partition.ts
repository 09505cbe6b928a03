/** One partition that a reader asks for: what the request said, and what a session last answered. */
export interface FetchPartition {
  /** From Fetch v13 on topics come by id; before, the zero id stands here. */
  readonly topicId: string
  /** The name, as asked or as resolved; undefined for an id that this broker doesn't know (yet). */
  topic: string | undefined
  readonly index: number
  currentLeaderEpoch: number
  fetchOffset: number
  lastFetchedEpoch: number
  maxBytes: number
  /** What the last answer of the session said; undefined before the first. */
  answered: { highWatermark: number; logStartOffset: number } | undefined
}
