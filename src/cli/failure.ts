import { errorName } from '../wire/errors.ts'

export type FailureKind = 'usage' | 'environment'

/** Exit codes as shells know them: 2 for a command that can't be understood, 1 for one that could not be done. */
export const exitCodes: Readonly<Record<FailureKind, number>> = { usage: 2, environment: 1 }

/** Ends the command with one line on standard error. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'

  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export function usage(message: string): CliFailure {
  return new CliFailure('usage', message)
}

export interface FailureReport {
  /** One line, without the program's name. */
  readonly line: string
  readonly exitCode: number
}

/** Says any error in one line. What the client library wraps and repeats is peeled off, down to Kafka's own word. */
export function reportFailure(error: unknown): FailureReport {
  const kind = kindOf(error)
  if (kind !== undefined) return { line: oneLine(messageOf(error)), exitCode: exitCodes[kind] }
  return { line: oneLine(describe(error)), exitCode: exitCodes.environment }
}

/** `StartError` of the broker and `CliFailure` say whose fault it was; a config that can't be used is the caller's. */
function kindOf(error: unknown): FailureKind | undefined {
  if (propertyOf(error, 'name') === 'ConfigError') return 'usage'
  const kind = propertyOf(error, 'kind')
  return kind === 'usage' || kind === 'environment' ? kind : undefined
}

function describe(error: unknown): string {
  const name = propertyOf(error, 'name')
  const several = propertyOf(error, 'errors')
  if (Array.isArray(several) && several.length > 0) return several.map(describe).join('; ')
  const groups = propertyOf(error, 'groups')
  if (name === 'KafkaJSDeleteGroupsError' && Array.isArray(groups)) {
    return groups
      .map((group) => withSubject(propertyOf(group, 'groupId'), propertyOf(group, 'error')))
      .join('; ')
  }
  if (typeof propertyOf(error, 'type') === 'string') return withSubject(propertyOf(error, 'topic'), error)
  const cause = propertyOf(error, 'cause')
  if (isWrapper(name) && cause instanceof Error) return describe(cause)
  if (name === 'KafkaJSConnectionClosedError') return closedConnection(propertyOf(error, 'broker'))
  return messageOf(error)
}

/** What a listener does that wants to hear TLS or a login first, and says no more than that. */
function closedConnection(broker: unknown): string {
  return `${String(broker)} closed the connection; does it want --tls or --sasl?`
}

function isWrapper(name: unknown): boolean {
  return name === 'KafkaJSNumberOfRetriesExceeded' || name === 'KafkaJSNonRetriableError'
}

function withSubject(subject: unknown, error: unknown): string {
  const code = propertyOf(error, 'code')
  const word = typeof code === 'number' ? `${errorName(code)}: ` : ''
  const text = `${word}${messageOf(error)}`
  return typeof subject === 'string' ? `${subject}: ${text}` : text
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

export function propertyOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

/** Kafka's number of an error that the client library threw, looking through what it wrapped around it. */
export function kafkaErrorName(error: unknown): string | undefined {
  const code = propertyOf(error, 'code')
  if (typeof propertyOf(error, 'type') === 'string' && typeof code === 'number') return errorName(code)
  const cause = propertyOf(error, 'cause')
  return cause instanceof Error && cause !== error ? kafkaErrorName(cause) : undefined
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, '; ')
}
