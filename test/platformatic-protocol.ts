import * as platformatic from '@platformatic/kafka'

/** One version of an API as @platformatic/kafka exports it. */
export interface PlatformaticApi {
  readonly api: { readonly key: number; readonly version: number }
  readonly createRequest: (...args: readonly unknown[]) => { readonly buffer: Buffer }
  readonly parseResponse: (
    correlationId: number,
    apiKey: number,
    apiVersion: number,
    reader: unknown,
  ) => unknown
}

/** For other kinds of listeners, or older than brokers speak. */
const notForBrokers = new Set(['envelopeV0', 'alterPartitionV3'])

/**
 * Answers that the client (1.35) reads differently from what Kafka's own classes write, which the golden bytes hold:
 * the mistake is the client's.
 */
export const misreadAnswers: ReadonlyMap<string, string> = new Map([
  ['alterPartitionReassignmentsV1', 'does not know allowReplicationFactorChange'],
  ['describeConfigsV2', 'expects the type and documentation that came with v3'],
  ['listTransactionsV2', 'expects an error message'],
  ['metadataV9', 'reads clusterAuthorizedOperations as one byte'],
  ['metadataV10', 'reads clusterAuthorizedOperations as one byte'],
  ['offsetForLeaderEpochV4', 'reads partition and error code in the wrong order'],
])

/** Every API version that the client speaks, by the name of its export. */
export const platformaticApis: ReadonlyMap<string, PlatformaticApi> = new Map(
  Object.entries(platformatic).flatMap(([name, value]) =>
    /V\d+$/.test(name) && !notForBrokers.has(name) && isApi(value) ? [[name, value]] : [],
  ),
)

function isApi(value: unknown): value is PlatformaticApi {
  return typeof value === 'object' && value !== null && 'api' in value && 'createRequest' in value
}

/** A reader of the client's own over a response body. */
export function readerOver(body: Buffer): InstanceType<typeof platformatic.Reader> {
  return platformatic.Reader.from(body)
}

const topicId = '11111111-2222-3333-4444-555555555555'

/** Requests to be sent, with arguments, by the name of the API function. */
export const sentRequests: readonly (readonly [name: string, args: readonly unknown[]])[] = [
  ['apiVersionsV4', ['client', '1.2.3']],
  ['metadataV9', [['orders'], true, false]],
  ['metadataV12', [['orders'], true, false]],
  ['metadataV12', [null, false, false]],
  ['findCoordinatorV6', [0, ['orders-service']]],
  [
    'joinGroupV9',
    ['g', 1000, 2000, 'm', null, 'consumer', [{ name: 'range', metadata: Buffer.from('x') }], 'why'],
  ],
  [
    'syncGroupV5',
    ['g', 3, 'm', null, 'consumer', 'range', [{ memberId: 'm', assignment: Buffer.from('x') }]],
  ],
  ['heartbeatV4', ['g', 3, 'm', 'static']],
  ['leaveGroupV5', ['g', [{ memberId: 'm', groupInstanceId: null, reason: 'bye' }]]],
  [
    'consumerGroupHeartbeatV1',
    ['g', 'm', 0, null, 'rack', 5000, ['orders'], null, 'uniform', [{ topicId, partitions: [1] }]],
  ],
  [
    'offsetCommitV9',
    [
      'g',
      3,
      'm',
      null,
      [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 1, committedOffset: 9n, committedLeaderEpoch: 2, committedMetadata: 'x' },
          ],
        },
      ],
    ],
  ],
  [
    'offsetFetchV9',
    [
      [
        {
          groupId: 'g',
          memberId: 'm',
          memberEpoch: 1,
          topics: [{ name: 'orders', partitionIndexes: [1, 2] }],
        },
      ],
      true,
    ],
  ],
  [
    'listOffsetsV5',
    [-1, 1, [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch: 1, timestamp: -1n }] }]],
  ],
  [
    'listOffsetsV9',
    [
      -1,
      1,
      [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch: 1, timestamp: 2n ** 62n }] }],
    ],
  ],
  [
    'fetchV17',
    [
      500,
      1,
      1024,
      1,
      5,
      6,
      [
        {
          topicId,
          partitions: [
            {
              partition: 1,
              currentLeaderEpoch: 2,
              fetchOffset: 9n,
              lastFetchedEpoch: -1,
              partitionMaxBytes: 512,
            },
          ],
        },
      ],
      [],
      'rack',
    ],
  ],
  ['produceV7', [-1, 1000, [{ topic: 'orders', key: Buffer.from('k'), value: Buffer.from('v') }], {}]],
  [
    'produceV11',
    [
      -1,
      1000,
      [{ topic: 'orders', key: Buffer.from('k'), value: Buffer.from('v') }],
      { transactionalId: 't' },
    ],
  ],
  ['initProducerIdV5', ['payments', 60_000, -1n, -1]],
  [
    'addPartitionsToTxnV5',
    [
      [
        {
          transactionalId: 't',
          producerId: 5n,
          producerEpoch: 1,
          verifyOnly: false,
          topics: [{ name: 'orders', partitions: [0] }],
        },
      ],
    ],
  ],
  [
    'txnOffsetCommitV4',
    [
      't',
      'g',
      5n,
      1,
      3,
      'm',
      null,
      [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 1, committedOffset: 9n, committedLeaderEpoch: 2, committedMetadata: null },
          ],
        },
      ],
    ],
  ],
  [
    'createTopicsV7',
    [
      [
        {
          name: 'orders',
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [{ partitionIndex: 0, brokerIds: [1] }],
          configs: [{ name: 'a', value: 'b' }],
        },
      ],
      1000,
      false,
    ],
  ],
  ['deleteTopicsV6', [[{ name: 'orders', topicId: null }], 1000]],
  [
    'describeConfigsV4',
    [[{ resourceType: 2, resourceName: 'orders', configurationKeys: ['a'] }], true, false],
  ],
  [
    'incrementalAlterConfigsV1',
    [
      [{ resourceType: 2, resourceName: 'orders', configs: [{ name: 'a', configOperation: 0, value: 'b' }] }],
      false,
    ],
  ],
  ['saslAuthenticateV2', [Buffer.from('\0user\0secret')]],
]
