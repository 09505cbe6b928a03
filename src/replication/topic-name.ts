import { KafkaError } from '../wire/errors.ts'

/** Kafka's own topics: made by the broker, hidden from `listTopics`, not writable by clients. */
export const CONSUMER_OFFSETS = '__consumer_offsets'
export const TRANSACTION_STATE = '__transaction_state'
export const SHARE_GROUP_STATE = '__share_group_state'

const internalTopics: ReadonlySet<string> = new Set([CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE])

const MAX_LENGTH = 249
const legal = /^[a-zA-Z0-9._-]+$/

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

/**
 * Refuses a name that can't be a folder's name on every platform, with INVALID_TOPIC_EXCEPTION.
 * Source: apache/kafka `org.apache.kafka.common.internals.Topic`.
 */
export function requireTopicName(name: string): void {
  const wrong = whatIsWrong(name)
  if (wrong !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${wrong}`)
}

export function isValidTopicName(name: string): boolean {
  return whatIsWrong(name) === undefined
}

/** Why there is no topic of this name: nobody made it, or nobody can. */
export function missingTopic(name: string): KafkaError {
  const wrong = whatIsWrong(name)
  return wrong === undefined
    ? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    : new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${wrong}`)
}

function whatIsWrong(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name === '.' || name === '..') return "it cannot be '.' or '..'"
  if (name.length > MAX_LENGTH) return `it has ${name.length} characters, at most ${MAX_LENGTH} are allowed`
  if (!legal.test(name)) return `'${name}' has characters other than letters, digits, '.', '_' and '-'`
  return undefined
}

/**
 * Names that differ only in `.` and `_` would share a metric's name in Kafka, which therefore refuses the second one.
 * Both are mapped to one form here; equal forms collide.
 */
export function collisionForm(name: string): string {
  return name.replaceAll('.', '_')
}
