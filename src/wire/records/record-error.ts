import { type ErrorName, KafkaError } from '../errors.ts'

/** Why one record of a produced batch is refused; Produce v8+ (KIP-467) tells clients. */
export interface RecordError {
  /** The record's index in its batch. */
  readonly batchIndex: number
  readonly message: string
}

/** The refusal of a produced batch because of some of its records. */
export class InvalidRecords extends KafkaError {
  constructor(
    error: ErrorName,
    message: string,
    readonly recordErrors: readonly RecordError[],
  ) {
    super(error, message)
  }
}
