import { expect, test } from 'vitest'
import { broker, suite, uniqueName, whenSettled } from '../target.ts'
import { errorsOf, newAdmin, newConsumer, newProducer, newTopic, receive } from './platformatic.ts'

const topicResource = (resourceName: string) => ({ resourceType: 2 as const, resourceName })

suite('a @platformatic/kafka admin client', () => {
  test('creates topics and is told their ids, sizes and configs', async () => {
    const admin = newAdmin()
    const topics = [uniqueName('topic'), uniqueName('topic')]
    const configs = [{ name: 'retention.ms', value: '1000' }]
    const created = await admin.createTopics({ topics, partitions: 3, replicas: 1, configs })
    expect(created).toMatchObject(topics.map((name) => ({ name, partitions: 3, replicas: 1 })))
    expect(new Set(created.map(({ id }) => id)).size).toBe(2)
    expect(created[0]?.configuration).toMatchObject({ 'retention.ms': '1000', 'cleanup.policy': 'delete' })
    const metadata = await admin.metadata({ topics, forceUpdate: true })
    expect(metadata.topics.get(topics[0] ?? '')?.id).toBe(created[0]?.id)
    expect(metadata.topics.get(topics[0] ?? '')?.partitions).toHaveLength(3)
    expect(await admin.listTopics()).toEqual(expect.arrayContaining(topics))
    expect(await errorsOf(admin.createTopics({ topics }))).toEqual(['TOPIC_ALREADY_EXISTS'])
  })

  test('a topic that is made anew has another id', async () => {
    const admin = newAdmin()
    const topic = await newTopic()
    const id = async () =>
      (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic)?.id
    const before = await id()
    await admin.deleteTopics({ topics: [topic] })
    await whenSettled(async () => expect(await admin.listTopics()).not.toContain(topic))
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
    expect(before).toBeDefined()
    expect(await id()).not.toBe(before)
  })

  test('the metadata names the broker by the address that clients use', async () => {
    const metadata = await newAdmin().metadata({})
    expect([...metadata.brokers.values()]).toMatchObject([{ host: broker.host, port: broker.port }])
    expect([...metadata.brokers.keys()]).toContain(metadata.controllerId)
    expect(metadata.id).toMatch(/^[\w-]{22}$/)
  })

  test('adds partitions, takes none away', async () => {
    const admin = newAdmin()
    const topic = await newTopic()
    const resize = (count: number) =>
      admin.createPartitions({ topics: [{ name: topic, count, assignments }] })
    const brokerIds = [...(await admin.metadata({})).brokers.keys()]
    const assignments = Array.from({ length: 3 }, () => ({ brokerIds }))
    await resize(4)
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
    expect(metadata.topics.get(topic)?.partitionsCount).toBe(4)
    expect(await errorsOf(resize(2))).toEqual(['INVALID_PARTITIONS'])
  })

  test('describes configs with types, synonyms and documentation', async () => {
    const admin = newAdmin()
    const topic = await newTopic(1, [{ name: 'cleanup.policy', value: 'compact,delete' }])
    const [described] = await admin.describeConfigs({
      resources: [{ ...topicResource(topic), configurationKeys: ['cleanup.policy', 'retention.ms'] }],
      includeSynonyms: true,
      includeDocumentation: true,
    })
    expect(described?.configs).toHaveLength(2)
    const policy = described?.configs.find(({ name }) => name === 'cleanup.policy')
    const expected = { value: 'compact,delete', configSource: 1, configType: 7, readOnly: false }
    expect(policy).toMatchObject({ ...expected, isSensitive: false })
    expect(policy?.documentation?.length).toBeGreaterThan(10)
    expect(policy?.synonyms[0]).toMatchObject({ name: 'cleanup.policy', value: 'compact,delete', source: 1 })
    const retention = described?.configs.find(({ name }) => name === 'retention.ms')
    expect(retention).toMatchObject({ value: '604800000', configSource: 5, configType: 5 })
  })

  test('alters configs one by one: sets, deletes, appends, subtracts', async () => {
    const admin = newAdmin()
    const topic = await newTopic(1, [{ name: 'retention.ms', value: '5000' }])
    const values = async () => {
      const [described] = await admin.describeConfigs({ resources: [topicResource(topic)] })
      const pick = (name: string) => described?.configs.find((config) => config.name === name)?.value
      return [pick('retention.ms'), pick('cleanup.policy'), pick('segment.bytes')]
    }
    const alter = (configs: { name: string; configOperation: 0 | 2 | 3; value: string }[]) =>
      admin.incrementalAlterConfigs({ resources: [{ ...topicResource(topic), configs }] })
    await alter([
      { name: 'segment.bytes', configOperation: 0, value: '2097152' },
      { name: 'cleanup.policy', configOperation: 2, value: 'compact' },
    ])
    expect(await values()).toEqual(['5000', 'delete,compact', '2097152'])
    await alter([{ name: 'cleanup.policy', configOperation: 3, value: 'delete' }])
    await admin.incrementalAlterConfigs({
      resources: [{ ...topicResource(topic), configs: [{ name: 'retention.ms', configOperation: 1 }] }],
    })
    expect(await values()).toEqual(['604800000', 'compact', '2097152'])
    const appended = alter([{ name: 'retention.ms', configOperation: 2, value: '1' }])
    expect(await errorsOf(appended)).toEqual(['INVALID_CONFIG'])
    await admin.alterConfigs({
      resources: [{ ...topicResource(topic), configs: [{ name: 'retention.ms', value: '7000' }] }],
    })
    expect(await values()).toEqual(['7000', 'delete', '1073741824'])
  })

  test('lists and describes groups with state and type', async () => {
    const admin = newAdmin()
    const [topic, groupId] = [await newTopic(2), uniqueName('group')]
    const consumer = newConsumer({ groupId })
    await receive(consumer, [topic])
    const listed = await admin.listGroups({ states: ['STABLE'], types: ['classic'] })
    const overview = { id: groupId, state: 'STABLE', protocolType: 'consumer', groupType: 'classic' }
    expect(listed.get(groupId)).toMatchObject(overview)
    expect((await admin.listGroups({ states: ['EMPTY'] })).has(groupId)).toBe(false)
    expect((await admin.listGroups({ types: ['consumer'] })).has(groupId)).toBe(false)
    const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId)
    expect(group).toMatchObject({ id: groupId, state: 'STABLE', protocolType: 'consumer' })
    const [member] = [...(group?.members.values() ?? [])]
    expect(member?.id).toBe(consumer.memberId)
    expect(member?.metadata?.topics).toEqual([topic])
    expect(member?.assignments?.get(topic)?.partitions).toEqual([0, 1])
    expect(await errorsOf(admin.deleteGroups({ groups: [groupId] }))).toEqual(['NON_EMPTY_GROUP'])
    await consumer.close(true)
    await admin.deleteGroups({ groups: [groupId] })
    expect((await admin.listGroups({})).has(groupId)).toBe(false)
  })

  test('removes the members of a group', async () => {
    const admin = newAdmin()
    const [topic, groupId] = [await newTopic(), uniqueName('group')]
    const consumer = newConsumer({ groupId, heartbeatInterval: 5_000 })
    await receive(consumer, [topic])
    await admin.removeMembersFromConsumerGroup({ groupId })
    const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId)
    expect(group).toMatchObject({ state: 'EMPTY' })
    expect(group?.members.size).toBe(0)
  })

  test('alters, lists and deletes the offsets of a group', async () => {
    const admin = newAdmin()
    const [topic, groupId] = [await newTopic(2), uniqueName('group')]
    const partitionOffsets = [0, 1].map((partition) => ({ partition, offset: BigInt(partition + 5) }))
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
    const offsets = async (partitionIndexes?: number[]) => {
      const named = { groupId, topics: [{ name: topic, partitionIndexes: partitionIndexes ?? [] }] }
      const groups = [partitionIndexes === undefined ? groupId : named]
      const [group] = await admin.listConsumerGroupOffsets({ groups, requireStable: true })
      const partitions = group?.topics.find(({ name }) => name === topic)?.partitions ?? []
      return partitions
        .map(({ partitionIndex, committedOffset, metadata }) => [partitionIndex, committedOffset, metadata])
        .sort()
    }
    expect((await offsets()).map((entry) => entry.slice(0, 2))).toEqual([
      [0, 5n],
      [1, 6n],
    ])
    await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] })
    expect((await offsets()).map((entry) => entry.slice(0, 2))).toEqual([[1, 6n]])
    expect((await offsets([0, 1]))[0]).toEqual([0, -1n, ''])
  })

  test('finds the coordinators of several groups in one request', async () => {
    const keys = [uniqueName('group'), uniqueName('group')]
    const found = await newAdmin().findCoordinator({ keyType: 0, keys })
    expect(found).toMatchObject(keys.map((key) => ({ key, host: broker.host, port: broker.port })))
  })

  test('lists offsets by time, with the leader epoch', async () => {
    const admin = newAdmin()
    const topic = await newTopic()
    const producer = newProducer()
    for (const timestamp of [1_000n, 3_000n, 2_000n]) {
      await producer.send({ messages: [{ topic, value: 'v', timestamp }], acks: -1 })
    }
    const at = async (timestamp: bigint) => {
      const partitions = [{ partitionIndex: 0, timestamp }]
      const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
      const [found] = listed?.partitions ?? []
      return found && [found.offset, found.timestamp, found.leaderEpoch]
    }
    expect(await at(1_500n)).toEqual([1n, 3_000n, 0])
    expect(await at(3_001n)).toEqual([-1n, -1n, -1])
    expect(await at(-1n)).toEqual([3n, -1n, 0])
    expect(await at(-2n)).toEqual([0n, -1n, 0])
    // -3 asks for the record with the largest timestamp (KIP-734), -4 for the first one held locally (KIP-405).
    expect(await at(-3n)).toEqual([1n, 3_000n, 0])
    expect(await at(-4n)).toEqual([0n, -1n, 0])
  })

  test('deletes records and is told the new low watermark', async () => {
    const admin = newAdmin()
    const topic = await newTopic()
    const messages = Array.from({ length: 5 }, (_, index) => ({ topic, value: String(index) }))
    await newProducer().send({ messages, acks: -1 })
    const remove = (offset: bigint) =>
      admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset }] }] })
    expect((await remove(2n))[0]?.partitions).toEqual([{ partition: 0, lowWatermark: 2n }])
    const left = await (await receive(newConsumer(), [topic])).count(3)
    expect(left.map(({ value }) => value)).toEqual(['2', '3', '4'])
    expect(await errorsOf(remove(9n))).toEqual(['OFFSET_OUT_OF_RANGE'])
  })

  test('describes log directories', async () => {
    const admin = newAdmin()
    const topic = await newTopic(2)
    await newProducer().send({ messages: [{ topic, value: 'x'.repeat(1_000), partition: 0 }], acks: -1 })
    const [described] = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] })
    const found = described?.results[0]?.topics.find(({ name }) => name === topic)?.partitions ?? []
    const sizes = new Map(found.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize]))
    expect([...sizes.keys()].sort()).toEqual([0, 1])
    expect(sizes.get(0)).toBeGreaterThan(1_000n)
    expect(sizes.get(1)).toBe(0n)
  })
})
