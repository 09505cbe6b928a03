/** Every refusal here was read off a running Kafka 4.4. */
import { describe, expect, test } from 'vitest'
import { resourceTypes } from '../../wire/config-resource.ts'
import { decide, type Refusal } from './alter.fixture.ts'
import { configOperations } from './alter.ts'
import { validTopicOverrides } from './validate.ts'

const { SET, DELETE, APPEND } = configOperations
const { BROKER_LOGGER, CLIENT_METRICS, GROUP } = resourceTypes

const refusals: Refusal[] = [
  [
    'a session too short',
    GROUP,
    'g',
    [[SET, 'consumer.session.timeout.ms', '5']],
    'INVALID_CONFIG',
    'consumer.session.timeout.ms must be in the range 45000 to 60000 inclusive',
  ],
  [
    'a heartbeat too slow',
    GROUP,
    'g',
    [[SET, 'consumer.heartbeat.interval.ms', '60000']],
    'INVALID_CONFIG',
    'consumer.heartbeat.interval.ms must be in the range 5000 to 15000 inclusive',
  ],
  [
    'too many deliveries',
    GROUP,
    'g',
    [[SET, 'share.delivery.count.limit', '50']],
    'INVALID_CONFIG',
    'share.delivery.count.limit must be in the range 2 to 10 inclusive',
  ],
  [
    'too many standby copies',
    GROUP,
    'g',
    [[SET, 'streams.num.standby.replicas', '3']],
    'INVALID_CONFIG',
    'streams.num.standby.replicas must be at most 2',
  ],
  [
    'an isolation in capitals',
    GROUP,
    'g',
    [[SET, 'share.isolation.level', 'READ_COMMITTED']],
    'INVALID_CONFIG',
    'Invalid value READ_COMMITTED',
  ],
  [
    'an unknown group config',
    GROUP,
    'g',
    [[SET, 'no.such', '5']],
    'INVALID_CONFIG',
    'Unknown group config name: no.such',
  ],
  [
    'a group without a name',
    GROUP,
    '',
    [[SET, 'consumer.session.timeout.ms', '50000']],
    'INVALID_REQUEST',
    'Default group resources are not allowed.',
  ],
  [
    'appending to a list of a group',
    GROUP,
    'g',
    [[APPEND, 'streams.rack.aware.assignment.tags', 'a']],
    'INVALID_CONFIG',
    "Can't APPEND to key streams.rack.aware.assignment.tags because its type is not LIST.",
  ],
  [
    'a push interval too short',
    CLIENT_METRICS,
    'm',
    [[SET, 'interval.ms', '5']],
    'INVALID_REQUEST',
    'Invalid value 5 for interval.ms',
  ],
  [
    'a push interval in letters',
    CLIENT_METRICS,
    'm',
    [[SET, 'interval.ms', 'x']],
    'INVALID_CONFIG',
    'Invalid value x for configuration interval.ms: Not a number of type INT',
  ],
  [
    'an unknown thing to match',
    CLIENT_METRICS,
    'm',
    [[SET, 'match', 'foo=bar']],
    'INVALID_CONFIG',
    'Illegal client matching pattern: foo=bar',
  ],
  [
    'nothing to match with',
    CLIENT_METRICS,
    'm',
    [[SET, 'match', 'client_id']],
    'INVALID_CONFIG',
    'Illegal client matching pattern: client_id',
  ],
  [
    'a broken expression',
    CLIENT_METRICS,
    'm',
    [[SET, 'match', 'client_id=[']],
    'INVALID_CONFIG',
    'Illegal client matching pattern: client_id=[',
  ],
  [
    'an unknown metrics config',
    CLIENT_METRICS,
    'm',
    [[SET, 'x', '5']],
    'INVALID_REQUEST',
    'Unknown client metrics configuration: x',
  ],
  [
    'a subscription without a name',
    CLIENT_METRICS,
    '',
    [[SET, 'interval.ms', '5000']],
    'INVALID_REQUEST',
    "Subscription name can't be empty",
  ],
  [
    'an unknown logger',
    BROKER_LOGGER,
    '7',
    [[SET, 'kafka.no', 'DEBUG']],
    'INVALID_CONFIG',
    'Logger kafka.no does not exist!',
  ],
  [
    'an unknown level',
    BROKER_LOGGER,
    '7',
    [[SET, 'root', 'info']],
    'INVALID_CONFIG',
    'Cannot set the log level of root to info',
  ],
  [
    'taking away the root level',
    BROKER_LOGGER,
    '7',
    [[DELETE, 'root', null]],
    'INVALID_REQUEST',
    'Removing the log level of the root logger is not allowed',
  ],
  [
    'appending to a level',
    BROKER_LOGGER,
    '7',
    [[APPEND, 'root', 'x']],
    'INVALID_REQUEST',
    'APPEND operation is not allowed for the BROKER_LOGGER resource',
  ],
  ['loggers of another broker', BROKER_LOGGER, '8', [[SET, 'root', 'INFO']], 'INVALID_REQUEST', 'received 8'],
  [
    'a resource type that does not exist',
    99,
    'x',
    [[SET, 'retention.ms', '1']],
    'INVALID_REQUEST',
    'Unknown resource type 99',
  ],
]

describe('altering groups, client metrics and loggers refuses', () => {
  test.each(refusals)('%s', (_why, resourceType, resourceName, operations, error, message) => {
    const configs = operations.map(([configOperation, name, value]) => ({ configOperation, name, value }))
    expect(decide({ resourceType, resourceName, configs })).toMatchObject({
      error: { error, message: expect.stringContaining(message) },
    })
  })
})

describe('a new topic', () => {
  test('has its configs in the spelling of Kafka', () => {
    const overrides = new Map([
      ['cleanup.policy', 'compact , delete'],
      ['segment.bytes', ' 3000001'],
    ])
    expect(validTopicOverrides(overrides)).toEqual(
      new Map([
        ['cleanup.policy', 'compact,delete'],
        ['segment.bytes', '3000001'],
      ]),
    )
  })

  test.each([
    [{ 'segment.bytes': null }, 'Null value not supported for topic configs: segment.bytes'],
    [{ 'segment.bytes': 'x', nope: '1' }, 'Unknown topic config name: nope'],
    [{ 'retention.ms': '-5' }, 'Invalid value -5 for configuration retention.ms: Value must be at least -1'],
  ])('is refused with configs %j', (overrides: Record<string, string | null>, message) => {
    expect(() => validTopicOverrides(new Map(Object.entries(overrides)))).toThrow(
      expect.objectContaining({ error: 'INVALID_CONFIG', message }),
    )
  })

  test('may ask for what has no effect here', () => {
    const accepted = {
      preallocate: 'true',
      'remote.log.copy.disable': 'true',
      'min.insync.replicas': '3',
      'cleanup.policy': '',
    }
    expect(validTopicOverrides(new Map(Object.entries(accepted)))).toEqual(new Map(Object.entries(accepted)))
  })
})
