/**
 * What a broker is started with: `key=value` pairs and the `KAFKA_*` variables of Kafka's container images. A mistake
 * ends in one error that names every bad setting and, for an unknown name, the one that was probably meant.
 */
import { KafkaError } from '../../wire/errors.ts'
import { brokerConfigNames, brokerDefinition } from './broker-table.ts'
import { topicDefinition, topicSynonyms } from './topic-table.ts'

/** Settings that can't be used; the message has one line per problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads `key=value`; the value may hold further equals signs and may be empty. */
export function parsePair(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=')
  const name = pair.slice(0, at).trim()
  if (at < 1 || name === '') throw new ConfigError(`Expected a config as name=value, got '${pair}'`)
  return [name, pair.slice(at + 1).trim()]
}

/** Reads `a=b,c=d`. A part without an equals sign continues the value before it, as values may hold commas. */
export function parsePairs(pairs: string): Map<string, string> {
  const parsed = new Map<string, string>()
  let last: string | undefined
  for (const part of pairs.split(',')) {
    if (part.includes('=') || last === undefined) {
      const [name, value] = parsePair(part)
      parsed.set(name, value)
      last = name
    } else {
      parsed.set(last, `${parsed.get(last)},${part.trim()}`)
    }
  }
  return parsed
}

/** Variables of Kafka's images that are for the JVM or the image's scripts, not for the broker. */
const notConfigs =
  /^KAFKA_(?:.*_OPTS|HEAP_.*|JMX_.*|LOG4J.*|TOOLS_.*|GC_.*|DEBUG.*|HOME|VERSION|SCALA_VERSION)$/

/**
 * The broker configs in an environment, by the rule of Kafka's images: `KAFKA_`, then the config's name in capitals
 * with `_` for a dot, `__` for an underscore and `___` for a dash. Variables that name no config of the table, such
 * as those of the image's own scripts, come back as `passedOver`.
 */
export function kafkaVariables(environment: Readonly<Record<string, string | undefined>>): {
  configs: Map<string, string>
  passedOver: string[]
} {
  const configs = new Map<string, string>()
  const passedOver: string[] = []
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('KAFKA_') || value === undefined) continue
    const name = configNameOf(variable.slice('KAFKA_'.length))
    if (notConfigs.test(variable) || brokerDefinition(name) === undefined) passedOver.push(variable)
    else configs.set(name, value)
  }
  return { configs, passedOver }
}

function configNameOf(variable: string): string {
  return variable
    .toLowerCase()
    .replace(/_{1,3}/g, (run) => (run.length === 1 ? '.' : run.length === 2 ? '_' : '-'))
}

/** The same settings in Kafka's spelling; throws one `ConfigError` for all that is wrong with them. */
export function refuseInvalidProperties(properties: ReadonlyMap<string, string>): Map<string, string> {
  const valid = new Map<string, string>()
  const problems: string[] = []
  for (const [name, value] of properties) {
    const definition = brokerDefinition(name)
    if (definition === undefined) {
      problems.push(unknownConfig(name))
      continue
    }
    try {
      valid.set(name, definition.kind.canonical(name, value))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      problems.push(error.message)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return valid
}

/** Says that there is no such broker config, and which one may be meant. */
export function unknownConfig(name: string): string {
  const suggestion = suggestedName(name)
  return `Unknown config '${name}'${suggestion === undefined ? '' : `: did you mean '${suggestion}'?`}`
}

function suggestedName(name: string): string | undefined {
  // Somebody may well give a topic's config to the broker.
  if (topicDefinition(name) !== undefined) return topicSynonyms(name)[0]?.name
  const dotted = name.toLowerCase().replaceAll(/[_-]/g, '.')
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 4)) + 1
  for (const candidate of brokerConfigNames) {
    const distance = editDistance(dotted, candidate, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Letters to add, take off or change between two words; at least `limit` when it isn't less. */
function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit
  let above = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const changed = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1)
      current.push(Math.min(changed, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[other.length] ?? limit
}
