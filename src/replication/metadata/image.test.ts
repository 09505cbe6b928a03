import { expect, test } from 'vitest'
import { MetadataImage } from './image.ts'
import { featureKey, partitionKey, topicKey } from './records.ts'
import type { MetadataItem } from './store.ts'

const ORDERS = 'b3JkZXJzb3JkZXJzb3JkZQ'
const OTHERS = 'b3RoZXJzb3RoZXJzb3RoZQ'

function item(key: string, value: unknown, revision: number): MetadataItem {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return { key, value: text, createRevision: revision, modRevision: revision }
}

function partition(topicId: string, index: number, revision: number, leader = 1): MetadataItem {
  return item(
    partitionKey(topicId, index),
    { leader, leaderEpoch: 0, isr: [leader], replicas: [leader] },
    revision,
  )
}

function withOrders(): MetadataImage {
  return MetadataImage.empty.apply({
    revision: 5,
    // Partitions come in any order, also before their topic.
    puts: [partition(ORDERS, 1, 5), item(topicKey('orders'), { id: ORDERS }, 5), partition(ORDERS, 0, 5)],
    deletes: [],
  })
}

test('a topic has its partitions in order, whatever the order of their keys', () => {
  const image = withOrders()
  expect(image.revision).toBe(5)
  expect(image.topicById(ORDERS)).toBe(image.topics.get('orders'))
  expect(image.topics.get('orders')?.partitions.map(({ partitionEpoch }) => partitionEpoch)).toEqual([5, 5])
  expect(image.partition('orders', 2)).toBeUndefined()
})

test('partitions of which a transaction says the same share what is said', () => {
  const partitions = withOrders().topics.get('orders')?.partitions ?? []
  expect(partitions).toHaveLength(2)
  expect(partitions[0]).toBe(partitions[1])
  const moved = withOrders().apply({ revision: 6, puts: [partition(ORDERS, 1, 6)], deletes: [] })
  expect(moved.topics.get('orders')?.partitions.map(({ partitionEpoch }) => partitionEpoch)).toEqual([5, 6])
})

test('a change makes a new image, leaves the old one, and shares what it does not touch', () => {
  const before = withOrders()
  const after = before.apply({ revision: 6, puts: [partition(ORDERS, 1, 6, 2)], deletes: [] })
  expect(before.partition('orders', 1)?.leader).toBe(1)
  expect(after.partition('orders', 1)).toMatchObject({ leader: 2, partitionEpoch: 6 })
  expect(after.partition('orders', 0)).toBe(before.partition('orders', 0))
  expect(after.brokers).toBe(before.brokers)
  expect(after.configs).toBe(before.configs)
  expect(after.topicNamesById).toBe(before.topicNamesById)
})

test('a deleted topic leaves neither name nor id', () => {
  const image = withOrders().apply({
    revision: 7,
    puts: [],
    deletes: [topicKey('orders'), partitionKey(ORDERS, 0), partitionKey(ORDERS, 1)],
  })
  expect(image.topics.size).toBe(0)
  expect(image.topicNamesById.size).toBe(0)
})

test('a topic that is deleted and made anew in one change has only its new partitions', () => {
  const image = withOrders().apply({
    revision: 8,
    puts: [item(topicKey('orders'), { id: OTHERS }, 8), partition(OTHERS, 0, 8)],
    deletes: [topicKey('orders'), partitionKey(ORDERS, 0), partitionKey(ORDERS, 1)],
  })
  expect(image.topics.get('orders')).toMatchObject({ id: OTHERS, partitions: [{ partitionEpoch: 8 }] })
  expect(image.topicById(ORDERS)).toBeUndefined()
})

test('brokers come and go; one that comes again has a higher epoch', () => {
  const listeners = [{ name: 'PLAINTEXT', host: 'here', port: 9092 }]
  const broker = (revision: number) => item('/brokers/3', { rack: 'r', listeners }, revision)
  const first = MetadataImage.empty.apply({ revision: 1, puts: [broker(1)], deletes: [] })
  expect(first.brokers.get(3)).toEqual({ id: 3, rack: 'r', listeners, brokerEpoch: 1 })
  const gone = first.apply({ revision: 2, puts: [], deletes: ['/brokers/3'] })
  expect(gone.brokers.size).toBe(0)
  expect(gone.apply({ revision: 3, puts: [broker(3)], deletes: [] }).brokers.get(3)?.brokerEpoch).toBe(3)
})

test('settings and the cluster’s id are taken over', () => {
  const image = MetadataImage.empty.apply({
    revision: 1,
    puts: [item('/cluster', 'id-of-cluster', 1), item('/configs/topic/orders', { 'retention.ms': '5' }, 1)],
    deletes: [],
  })
  expect(image.clusterId).toBe('id-of-cluster')
  expect(image.overrides('topic', 'orders')).toEqual(new Map([['retention.ms', '5']]))
  const cleared = image.apply({ revision: 2, puts: [], deletes: ['/configs/topic/orders'] })
  expect(cleared.overrides('topic', 'orders').size).toBe(0)
})

test('a key that nobody knows yet is passed over', () => {
  const image = withOrders().apply({ revision: 6, puts: [item('/novelties/1', 'x', 6)], deletes: [] })
  expect(image.topics).toBe(image.topics)
  expect(image.revision).toBe(6)
})

test('a feature has the level that was finalized last, and level 0 once it is taken out', () => {
  const raised = MetadataImage.empty.apply({
    revision: 1,
    puts: [item(featureKey('transaction.version'), '2', 1)],
    deletes: [],
  })
  expect(raised.featureLevel('transaction.version')).toBe(2)
  expect(raised.featureLevel('group.version')).toBe(0)
  const lowered = raised.apply({ revision: 2, puts: [], deletes: [featureKey('transaction.version')] })
  expect(lowered.featureLevel('transaction.version')).toBe(0)
  expect(raised.featureLevel('transaction.version')).toBe(2)
})
