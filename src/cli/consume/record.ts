import type { LogRecord } from '../../wire/records/record-iteration.ts'

/** A record as it is shown. */
export interface ShownRecord extends LogRecord {
  readonly topic: string
  readonly partition: number
}
