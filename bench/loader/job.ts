/**
 * What the loader is told to do and what it tells afterwards. It knows nothing of Kafka: it sends ready-made frames and
 * looks at a few fixed places of the answers, so that it leaves the processor to the broker.
 */
export interface LoaderAddress {
  readonly host: string
  readonly port: number
  /** Whose processor time is counted over the measured stretch. */
  readonly brokerPid: number
}

/** Keeps `outstanding` requests under way on every connection. */
export interface PipelineJob extends LoaderAddress {
  readonly kind: 'pipeline'
  /** One connection each. */
  readonly lanes: readonly LaneJob[]
  readonly outstanding: number
  readonly answer: AnswerPlaces
  /** Not measured: so much, or so long, whichever comes first. */
  readonly warmup: Extent
  readonly measured: Extent
}

/** Sends a request with one record and waits until a reader who waits for it at the end of the log has it; then the next. */
export interface RoundTripJob extends LoaderAddress {
  readonly kind: 'round-trip'
  readonly produce: LaneJob
  readonly fetch: LaneJob
  readonly produceAnswer: AnswerPlaces
  readonly fetchAnswer: AnswerPlaces
  readonly warmup: Extent
  readonly measured: Extent
}

export type LoaderJob = PipelineJob | RoundTripJob

export interface LaneJob {
  /** File with one request's frame, length field included. */
  readonly frameFile: string
  /** Bytes that one request brings in. Where the answer tells: those that must come, and that alone count; 0 for any. */
  readonly payloadBytes: number
  /** An int64 of the frame that moves on with each request: `first`, `first + step`, … and again after `count`. */
  readonly cursor?: Cursor
}

export interface Cursor {
  readonly at: number
  readonly first: number
  readonly step: number
  readonly count: number
}

/** Where to look in an answer, counted from behind its length field. */
export interface AnswerPlaces {
  /** int16 fields that must be 0. */
  readonly errorsAt: readonly number[]
  /** int32 field with the number of bytes that came, when it is the answer that counts. */
  readonly payloadAt?: number
}

export interface Extent {
  readonly bytes: number
  readonly ms: number
}

export interface LoaderResult {
  readonly requests: number
  readonly bytes: number
  readonly elapsedMs: number
  readonly brokerCpuSeconds: number
  readonly brokerResidentBytes: number
  readonly loaderCpuSeconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}
