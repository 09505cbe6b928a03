import type { IHeaders } from 'kafkajs'

/** A record as it is shown. */
export interface ShownRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** Milliseconds since 1970. */
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: IHeaders
}
