import { KafkaError } from '../errors.ts'

/** The refusal of a batch that would unfold beyond the limit. */
export function outputTooLarge(codec: string, maxOutputBytes: number): KafkaError {
  return new KafkaError(
    'MESSAGE_TOO_LARGE',
    `${codec} data that unfolds to more than ${maxOutputBytes} bytes`,
  )
}
