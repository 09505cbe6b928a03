import { expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import { readRecordType } from '../../wire/messages/coordinator-record.ts'
import { shareSnapshotRecord } from '../../wire/messages/share-coordinator/share-snapshot-record.ts'
import { MemoryCoordinatorLog } from '../memory-coordinator-log.fixture.ts'
import { ShareCoordinator } from './share-coordinator.ts'

const KEY = { groupId: 'g', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }
const OTHER = { ...KEY, partition: 1 }

/** A share coordinator over one log, which can be read again by another. */
class Scene {
  readonly clock = new VirtualClock()
  readonly log = new MemoryCoordinatorLog()
  readonly cuts: number[] = []
  coordinator = this.#start()

  #start(): ShareCoordinator {
    const coordinator = new ShareCoordinator({
      clock: this.clock,
      logger: silentLogger,
      partitionCount: () => 1,
      updatesPerSnapshot: () => 3,
      coldSnapshotIntervalMs: () => 1_000,
      pruneIntervalMs: () => 100,
      partitionExists: (_topicId, partition) => partition < 2,
      deleteBelow: (_partition, offset) => this.cuts.push(offset),
    })
    void coordinator.lead(0, this.log)
    return coordinator
  }

  async restart(): Promise<void> {
    this.coordinator.close()
    this.coordinator = this.#start()
    await Promise.resolve()
    await Promise.resolve()
  }

  /** Types of the records in the log: 0 snapshots, 1 updates; a tombstone is told as such. */
  get records(): (number | 'tombstone')[] {
    return this.log.entries.flatMap((entry) => {
      if (!('record' in entry)) return []
      return [entry.record.value === null ? 'tombstone' : readRecordType(entry.record.key)]
    })
  }

  write(first: number, last: number, epochs: { leaderEpoch?: number; stateEpoch?: number } = {}) {
    return this.coordinator.write(KEY, {
      stateEpoch: 1,
      leaderEpoch: 0,
      startOffset: 0,
      deliveryCompleteCount: last,
      batches: [{ firstOffset: first, lastOffset: last, deliveryState: 2, deliveryCount: 1 }],
      ...epochs,
    })
  }
}

test('a state is there after a restart as it was written', async () => {
  const scene = new Scene()
  await scene.coordinator.initialize(KEY, 1, 0)
  for (let offset = 2; offset < 9; offset += 2) await scene.write(offset, offset)
  const before = await scene.coordinator.read(KEY, 0)
  await scene.restart()
  expect(await scene.coordinator.read(KEY, 0)).toEqual(before)
  expect(before.batches.map(({ firstOffset }) => firstOffset)).toEqual([2, 4, 6, 8])
  expect(await scene.coordinator.summary(KEY)).toMatchObject({ startOffset: 0, deliveryCompleteCount: 8 })
})

test('after so many updates comes a snapshot', async () => {
  const scene = new Scene()
  await scene.coordinator.initialize(KEY, 1, 0)
  for (let offset = 0; offset < 5; offset++) await scene.write(offset, offset)
  expect(scene.records).toEqual([0, 1, 1, 1, 0, 1])
})

test('a leader of an older epoch is fenced, and so is who knows an older state', async () => {
  const scene = new Scene()
  await scene.coordinator.initialize(KEY, 1, 0)
  await scene.coordinator.read(KEY, 5)
  const refused = (error: string) => expect.objectContaining({ error })
  expect(() => scene.coordinator.read(KEY, 4)).toThrow(refused('FENCED_LEADER_EPOCH'))
  expect(() => scene.write(0, 0, { leaderEpoch: 4 })).toThrow(refused('FENCED_LEADER_EPOCH'))
  await scene.coordinator.initialize(KEY, 2, 7)
  expect(() => scene.write(0, 0, { leaderEpoch: 5 })).toThrow(refused('FENCED_STATE_EPOCH'))
  await scene.restart()
  expect(() => scene.write(0, 0, { leaderEpoch: 5 })).toThrow(refused('FENCED_STATE_EPOCH'))
  expect(await scene.coordinator.read(KEY, 5)).toEqual({ stateEpoch: 2, startOffset: 7, batches: [] })
})

test('only a group begins a state, and only of a partition that exists', async () => {
  const scene = new Scene()
  expect(() => scene.coordinator.read(KEY, 0)).toThrow(expect.objectContaining({ error: 'INVALID_REQUEST' }))
  expect(() => scene.coordinator.initialize({ ...KEY, partition: 2 }, 1, 0)).toThrow(KafkaError)
})

test('a deleted state leaves a tombstone, and nothing after a restart', async () => {
  const scene = new Scene()
  await scene.coordinator.initialize(KEY, 1, 0)
  await scene.write(0, 0)
  await scene.coordinator.delete(KEY)
  await scene.coordinator.delete(OTHER)
  expect(scene.records).toEqual([0, 1, 'tombstone'])
  await scene.restart()
  expect(() => scene.coordinator.read(KEY, 0)).toThrow(KafkaError)
})

test('the log is cut below the oldest snapshot that counts, and states that rest are written anew', async () => {
  const scene = new Scene()
  await scene.coordinator.initialize(OTHER, 1, 0)
  await scene.coordinator.initialize(KEY, 1, 0)
  for (let offset = 0; offset < 4; offset++) await scene.write(offset, offset)
  scene.clock.advance(100)
  expect(scene.cuts).toEqual([])
  scene.clock.advance(1_000)
  expect(scene.cuts.at(-1)).toBeGreaterThan(0)
  const cut = scene.cuts.at(-1) ?? 0
  const kept = scene.log.entries.slice(cut)
  const keys = kept.flatMap((entry) =>
    'record' in entry ? [shareSnapshotRecord.decodeKey(entry.record.key)] : [],
  )
  expect(new Set(keys.map(({ partition }) => partition))).toEqual(new Set([0, 1]))
})
