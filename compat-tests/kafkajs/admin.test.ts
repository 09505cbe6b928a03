import { ConfigResourceTypes, ConfigSource } from 'kafkajs'
import { expect, test } from 'vitest'
import { broker, suite, uniqueName, whenSettled } from '../target.ts'
import { errorOf, newAdmin, newConsumer, newKafka, newProducer, newTopic, readAll, receive } from './kafka.ts'

const noRetry = () => newAdmin(newKafka({ retry: { retries: 0 } }))

suite('a kafkajs admin client, on topics,', () => {
  test('creates a topic whose leader can be used at once', async () => {
    const admin = await newAdmin()
    const topic = uniqueName('topic')
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] })).toBe(
      true,
    )
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const [{ nodeId } = { nodeId: undefined }] = (await admin.describeCluster()).brokers
    expect(topics).toHaveLength(1)
    expect(topics[0]?.partitions.map(({ partitionId }) => partitionId).sort()).toEqual([0, 1, 2])
    for (const partition of topics[0]?.partitions ?? []) {
      expect(partition).toMatchObject({
        partitionErrorCode: 0,
        leader: nodeId,
        replicas: [nodeId],
        isr: [nodeId],
      })
    }
    await (await newProducer()).send({ topic, messages: [{ value: 'v', partition: 2 }] })
  })

  test('says false for a topic that exists, and creates the others of the request', async () => {
    const admin = await newAdmin()
    const [old, fresh] = [await newTopic(), uniqueName('topic')]
    expect(await admin.createTopics({ topics: [{ topic: old }] })).toBe(false)
    expect(
      await admin.createTopics({ topics: [{ topic: old }, { topic: fresh }], waitForLeaders: false }),
    ).toBe(false)
    expect(await admin.listTopics()).toEqual(expect.arrayContaining([old, fresh]))
  })

  test('creates nothing when it only validates', async () => {
    const admin = await newAdmin()
    const topic = uniqueName('topic')
    await admin.createTopics({ topics: [{ topic }], validateOnly: true, waitForLeaders: false })
    expect(await admin.listTopics()).not.toContain(topic)
  })

  test('creates a topic with replicas assigned by hand', async () => {
    const admin = await newAdmin()
    const [node] = (await admin.describeCluster()).brokers
    const topic = uniqueName('topic')
    const replicaAssignment = [0, 1].map((partition) => ({ partition, replicas: [node?.nodeId ?? -1] }))
    await admin.createTopics({
      topics: [{ topic, numPartitions: -1, replicationFactor: -1, replicaAssignment }],
    })
    expect((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions).toHaveLength(2)
  })

  test('is told what is wrong with a topic that cannot be', async () => {
    const admin = await noRetry()
    const create = (topic: string, more: object) =>
      errorOf(admin.createTopics({ topics: [{ topic, ...more }], waitForLeaders: false }))
    const topic = uniqueName('topic')
    expect(await create('not allowed!', {})).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await create(topic, { numPartitions: 0 })).toBe('INVALID_PARTITIONS')
    expect(await create(topic, { replicationFactor: 5 })).toBe('INVALID_REPLICATION_FACTOR')
    expect(await create(topic, { configEntries: [{ name: 'retention.ms', value: 'long' }] })).toBe(
      'INVALID_CONFIG',
    )
    expect(await create(topic, { configEntries: [{ name: 'no.such', value: '1' }] })).toBe('INVALID_CONFIG')
    const assignment = [{ partition: 0, replicas: [4711] }]
    const byHand = { numPartitions: -1, replicationFactor: -1, replicaAssignment: assignment }
    expect(await create(topic, byHand)).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await admin.listTopics()).not.toContain(topic)
  })

  test('deletes topics, which are gone when it has the answer and may be made anew', async () => {
    const admin = await newAdmin()
    const [one, two] = [await newTopic(), await newTopic()]
    await (await newProducer()).send({ topic: one, messages: [{ value: 'old' }] })
    await admin.deleteTopics({ topics: [one, two] })
    await whenSettled(async () => {
      const left = await admin.listTopics()
      expect(left).not.toContain(one)
      expect(left).not.toContain(two)
    })
    await newTopic({ topic: one })
    expect(await admin.fetchTopicOffsets(one)).toMatchObject([{ partition: 0, low: '0', high: '0' }])
  })

  test('cannot delete or describe what is not there', async () => {
    const admin = await noRetry()
    const topic = uniqueName('nowhere')
    expect(await errorOf(admin.deleteTopics({ topics: [topic] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await errorOf(admin.fetchTopicMetadata({ topics: [topic] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await errorOf(admin.fetchTopicOffsets(topic))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await admin.listTopics()).not.toContain(topic)
  })

  test('adds partitions, never takes any away', async () => {
    const admin = await noRetry()
    const topic = await newTopic({ numPartitions: 2 })
    const grow = (count: number, more: object = {}) =>
      admin.createPartitions({ topicPartitions: [{ topic, count }], ...more })
    await grow(4, { validateOnly: true })
    expect((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions).toHaveLength(2)
    await grow(4)
    const [described] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
    expect(described?.partitions.map(({ partitionId }) => partitionId).sort()).toEqual([0, 1, 2, 3])
    expect(await errorOf(grow(4))).toBe('INVALID_PARTITIONS')
    expect(await errorOf(grow(1))).toBe('INVALID_PARTITIONS')
    const elsewhere = [{ topic: uniqueName('nowhere'), count: 3 }]
    expect(await errorOf(admin.createPartitions({ topicPartitions: elsewhere }))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    )
  })

  test('lists all topics with their metadata when it names none', async () => {
    const admin = await newAdmin()
    const topic = await newTopic()
    const { topics } = await admin.fetchTopicMetadata()
    expect(topics.map(({ name }) => name)).toContain(topic)
  })
})

suite('a kafkajs admin client, on offsets,', () => {
  const hour = 3_600_000
  const start = 1_700_000_000_000

  async function fiveRecords(): Promise<string> {
    const topic = await newTopic({ numPartitions: 2 })
    const messages = Array.from({ length: 5 }, (_, index) => ({
      value: String(index),
      partition: 0,
      timestamp: String(start + index * hour),
    }))
    const producer = await newProducer()
    for (const message of messages) await producer.send({ topic, messages: [message] })
    return topic
  }

  test('tells the first and the next offset of every partition', async () => {
    const admin = await newAdmin()
    const offsets = await admin.fetchTopicOffsets(await fiveRecords())
    expect([...offsets].sort((a, b) => a.partition - b.partition)).toEqual([
      { partition: 0, offset: '5', high: '5', low: '0' },
      { partition: 1, offset: '0', high: '0', low: '0' },
    ])
  })

  test('finds the first offset at or after a time, and the end where there is none', async () => {
    const admin = await newAdmin()
    const topic = await fiveRecords()
    const at = async (timestamp: number) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
      return [...offsets].sort((a, b) => a.partition - b.partition).map(({ offset }) => offset)
    }
    expect(await at(start + 2 * hour)).toEqual(['2', '0'])
    expect(await at(start + 2 * hour + 1)).toEqual(['3', '0'])
    expect(await at(start - hour)).toEqual(['0', '0'])
    expect(await at(start + 5 * hour)).toEqual(['5', '0'])
  })

  test('deletes records up to an offset', async () => {
    const admin = await noRetry()
    const topic = await fiveRecords()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    expect((await readAll(topic, 2)).map(({ offset }) => offset)).toEqual([3, 4])
    const tooFar = admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '9' }] })
    expect(await errorOf(tooFar)).toBe('OFFSET_OUT_OF_RANGE')
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
    const [first] = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition === 0)
    expect(first).toMatchObject({ low: '5', high: '5' })
  })

  test('sets and resets the offsets of a group at rest', async () => {
    const admin = await newAdmin()
    const topic = await fiveRecords()
    const [set, earliest, latest] = [uniqueName('group'), uniqueName('group'), uniqueName('group')]
    // kafkajs spends ten seconds or more in sleeps of its own here (consumerGroup.js: fetch), whatever the broker.
    await Promise.all([
      admin.setOffsets({ groupId: set, topic, partitions: [{ partition: 0, offset: '3' }] }),
      (await newAdmin()).resetOffsets({ groupId: earliest, topic, earliest: true }),
      (await newAdmin()).resetOffsets({ groupId: latest, topic, earliest: false }),
    ])
    const committed = async (groupId: string, resolveOffsets: boolean) => {
      const [entry] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets })
      return [...(entry?.partitions ?? [])]
        .sort((a, b) => a.partition - b.partition)
        .map(({ offset }) => offset)
    }
    expect(await committed(set, false)).toEqual(['3', '-1'])
    expect(await committed(earliest, true)).toEqual(['0', '0'])
    expect(await committed(latest, true)).toEqual(['5', '0'])
    const inbox = await receive(newConsumer({ groupId: set }), [topic])
    expect((await inbox.count(2)).map(({ offset }) => offset)).toEqual([3, 4])
  })

  test('sees -1 and no metadata for partitions that a group has not committed', async () => {
    const admin = await newAdmin()
    const topic = await fiveRecords()
    const [entry] = await admin.fetchOffsets({ groupId: uniqueName('group'), topics: [topic] })
    expect([...(entry?.partitions ?? [])].sort((a, b) => a.partition - b.partition)).toEqual([
      { partition: 0, offset: '-1', metadata: null },
      { partition: 1, offset: '-1', metadata: null },
    ])
  })

  test('sees all that a group has committed when it names no topic', async () => {
    const admin = await newAdmin()
    const [one, two, groupId] = [await newTopic(), await newTopic(), uniqueName('group')]
    const consumer = newConsumer({ groupId })
    await receive(consumer, [one, two], { autoCommit: false })
    await consumer.commitOffsets(
      [one, two].map((topic, offset) => ({ topic, partition: 0, offset: `${offset + 1}` })),
    )
    const all = await admin.fetchOffsets({ groupId })
    expect(Object.fromEntries(all.map(({ topic, partitions }) => [topic, partitions[0]?.offset]))).toEqual({
      [one]: '1',
      [two]: '2',
    })
  })
})

suite('a kafkajs admin client, on the cluster and its configs,', () => {
  test('describes the cluster by the address that clients use', async () => {
    const admin = await newAdmin()
    const cluster = await admin.describeCluster()
    expect(cluster.brokers).toHaveLength(1)
    expect(cluster.brokers[0]).toMatchObject({ host: broker.host, port: broker.port })
    expect(cluster.controller).toBe(cluster.brokers[0]?.nodeId)
    expect(cluster.clusterId).toMatch(/^[\w-]{22}$/)
  })

  test('reads the configs of a topic with their source', async () => {
    const admin = await newAdmin()
    const topic = await newTopic({ configEntries: [{ name: 'retention.ms', value: '3600000' }] })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    })
    const entries = new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry]))
    expect(resources[0]).toMatchObject({
      errorCode: 0,
      resourceName: topic,
      resourceType: ConfigResourceTypes.TOPIC,
    })
    expect(entries.get('retention.ms')).toMatchObject({
      configValue: '3600000',
      configSource: ConfigSource.TOPIC_CONFIG,
      readOnly: false,
      isSensitive: false,
    })
    expect(entries.get('retention.ms')?.configSynonyms[0]).toMatchObject({
      configName: 'retention.ms',
      configValue: '3600000',
      configSource: ConfigSource.TOPIC_CONFIG,
    })
    expect(entries.get('cleanup.policy')).toMatchObject({
      configValue: 'delete',
      configSource: ConfigSource.DEFAULT_CONFIG,
    })
    expect(entries.get('max.message.bytes')?.configValue).toBe('1048588')
    expect(entries.size).toBeGreaterThan(25)
  })

  test('reads only the configs that it names', async () => {
    const admin = await newAdmin()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: await newTopic(), configNames: ['segment.bytes'] },
      ],
    })
    expect(resources[0]?.configEntries).toMatchObject([
      { configName: 'segment.bytes', configValue: '1073741824' },
    ])
  })

  test('reads the configs of a broker', async () => {
    const admin = await newAdmin()
    const [node] = (await admin.describeCluster()).brokers
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.BROKER, name: String(node?.nodeId) }],
    })
    const names = resources[0]?.configEntries.map(({ configName }) => configName)
    expect(names).toEqual(
      expect.arrayContaining([
        'num.partitions',
        'log.retention.hours',
        'message.max.bytes',
        'default.replication.factor',
      ]),
    )
  })

  test('alters configs: what it names is set, what it does not name falls back', async () => {
    const admin = await newAdmin()
    const topic = await newTopic({ configEntries: [{ name: 'retention.ms', value: '3600000' }] })
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    const value = async (name: string) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames: [name] }],
      })
      return resources[0]?.configEntries[0]?.configValue
    }
    const alter = (name: string, to: string, validateOnly = false) =>
      admin.alterConfigs({ validateOnly, resources: [{ ...resource, configEntries: [{ name, value: to }] }] })
    await alter('segment.bytes', '2097152', true)
    expect(await value('segment.bytes')).toBe('1073741824')
    await alter('segment.bytes', '2097152')
    expect(await value('segment.bytes')).toBe('2097152')
    expect(await value('retention.ms')).toBe('604800000')
    expect(await errorOf(alter('segment.bytes', '-5'))).toBe('INVALID_CONFIG')
    expect(await errorOf(alter('no.such.config', '1'))).toBe('INVALID_CONFIG')
    expect(await value('segment.bytes')).toBe('2097152')
  })

  test('cannot read the configs of a topic that is not there', async () => {
    const admin = await noRetry()
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: uniqueName('nowhere') }]
    expect(await errorOf(admin.describeConfigs({ includeSynonyms: false, resources }))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    )
  })
})

suite('a kafkajs admin client, on groups,', () => {
  test('lists, describes and deletes groups', async () => {
    const admin = await newAdmin()
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    const consumer = newConsumer({ groupId })
    await receive(consumer, [topic])
    expect((await admin.listGroups()).groups).toContainEqual({ groupId, protocolType: 'consumer' })
    const [running] = (await admin.describeGroups([groupId])).groups
    expect(running).toMatchObject({ groupId, protocolType: 'consumer', protocol: 'RoundRobinAssigner' })
    expect(running?.members).toHaveLength(1)
    await consumer.disconnect()
    expect(await admin.deleteGroups([groupId])).toMatchObject([{ groupId, errorCode: 0 }])
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
    expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({ state: 'Dead', members: [] })
  })

  test('finds an unknown group Dead, and cannot delete it', async () => {
    const admin = await newAdmin()
    const groupId = uniqueName('nobody')
    expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({
      groupId,
      state: 'Dead',
      members: [],
    })
    expect(await errorOf(admin.deleteGroups([groupId]))).toBe('GROUP_ID_NOT_FOUND')
  })
})
