import { KafkaError } from '../../wire/errors.ts'
import type { GroupTopics } from '../group-topics.ts'

type Engine = typeof import('re2js')['RE2JS']

let engine: Engine | undefined
let loading: Promise<void> | undefined

/**
 * Patterns of topic names are in the syntax of RE2/J (KIP-848), which a package knows that is loaded when the first
 * pattern is seen. Undefined when it is there.
 */
export function loadRegexEngine(): Promise<void> | undefined {
  if (engine !== undefined) return undefined
  loading ??= import('re2js').then(({ RE2JS }) => {
    engine = RE2JS
  })
  return loading
}

/** Whether patterns can be resolved now. */
export function hasRegexEngine(): boolean {
  return engine !== undefined
}

/** Throws INVALID_REGULAR_EXPRESSION. */
export function requireValidRegex(regex: string): void {
  try {
    engine?.compile(regex)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${reason}.`
    throw new KafkaError('INVALID_REGULAR_EXPRESSION', message)
  }
}

/** Names of the topics that match as a whole, sorted; none if the pattern is none. Internal topics are among them. */
export function topicsMatching(regex: string, { topics }: GroupTopics): readonly string[] {
  try {
    const pattern = engine?.compile(regex)
    return [...topics.keys()].filter((name) => pattern?.matches(name)).sort()
  } catch {
    return []
  }
}
