import { describe, expect, test } from 'vitest'
import { ConfigError, kafkaVariables, parsePair, parsePairs, refuseInvalidProperties } from './properties.ts'

describe('name=value', () => {
  test('keeps further equals signs in the value', () => {
    expect(parsePair('ssl.keystore.key=a=b==')).toEqual(['ssl.keystore.key', 'a=b=='])
  })

  test('may have an empty value', () => {
    expect(parsePair('log.cleanup.policy=')).toEqual(['log.cleanup.policy', ''])
  })

  test.each(['num.partitions', '=3', ' =3', ''])('%j is refused with a clear error', (pair) => {
    expect(() => parsePair(pair)).toThrow(new ConfigError(`Expected a config as name=value, got '${pair}'`))
  })

  test('pairs are separated by commas, and values may hold commas too', () => {
    expect(parsePairs('log.cleanup.policy=compact,delete,num.partitions=3')).toEqual(
      new Map([
        ['log.cleanup.policy', 'compact,delete'],
        ['num.partitions', '3'],
      ]),
    )
  })
})

describe('variables of the container images', () => {
  test('one underscore is a dot', () => {
    expect(kafkaVariables({ KAFKA_LOG_RETENTION_MS: '5' }).configs).toEqual(
      new Map([['log.retention.ms', '5']]),
    )
  })

  test('two underscores are an underscore and three a dash', () => {
    expect(kafkaVariables({ KAFKA_LISTENER_NAME_MY___SIDE__A_SSL_KEYSTORE_LOCATION: '/x' }).configs).toEqual(
      new Map([['listener.name.my-side_a.ssl.keystore.location', '/x']]),
    )
  })

  test('what is for the JVM or names no config is passed over', () => {
    expect(
      kafkaVariables({ KAFKA_OPTS: '-Dx', KAFKA_HEAP_OPTS: '-Xmx1g', KAFKA_SERVICE_HOST: 'a', PATH: '/bin' }),
    ).toEqual({ configs: new Map(), passedOver: ['KAFKA_OPTS', 'KAFKA_HEAP_OPTS', 'KAFKA_SERVICE_HOST'] })
  })
})

describe('what a broker is started with', () => {
  test('is kept in the spelling of Kafka', () => {
    expect(
      refuseInvalidProperties(
        new Map([
          ['log.cleanup.policy', ' compact , delete '],
          ['num.partitions', '+3'],
        ]),
      ),
    ).toEqual(
      new Map([
        ['log.cleanup.policy', 'compact,delete'],
        ['num.partitions', '3'],
      ]),
    )
  })

  test('an unknown name is refused with the name that is probably meant', () => {
    expect(problemsOf({ 'log.retentoin.ms': '5' })).toBe(
      "Unknown config 'log.retentoin.ms': did you mean 'log.retention.ms'?",
    )
    expect(problemsOf({ num_partitions: '5' })).toBe(
      "Unknown config 'num_partitions': did you mean 'num.partitions'?",
    )
  })

  test('the name of a topic config leads to the broker config behind it', () => {
    expect(problemsOf({ 'retention.ms': '5' })).toBe(
      "Unknown config 'retention.ms': did you mean 'log.retention.ms'?",
    )
  })

  test('a name that is like nothing gets no suggestion', () => {
    expect(problemsOf({ xyzzy: '5' })).toBe("Unknown config 'xyzzy'")
  })

  test('all problems are told at once', () => {
    expect(problemsOf({ 'num.partitions': 'many', 'log.segment.bytes': '1' })).toBe(
      'Invalid value many for configuration num.partitions: Not a number of type INT\n' +
        'Invalid value 1 for configuration log.segment.bytes: Value must be at least 1048576',
    )
  })

  test("a listener's own setting has the type of the config that it overrides", () => {
    expect(problemsOf({ 'listener.name.internal.max.connections': 'x' })).toBe(
      'Invalid value x for configuration listener.name.internal.max.connections: Not a number of type INT',
    )
  })
})

function problemsOf(properties: Record<string, string>): string {
  try {
    refuseInvalidProperties(new Map(Object.entries(properties)))
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}
