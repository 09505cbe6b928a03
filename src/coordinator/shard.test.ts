import { expect, test } from 'vitest'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { KafkaError } from '../wire/errors.ts'
import type { ReplayTarget } from './coordinator-log.ts'
import { errorOf, GroupScenario, replyOf } from './group-scenario.fixture.ts'
import { MemoryCoordinatorLog } from './memory-coordinator-log.fixture.ts'
import { Shard } from './shard.ts'

class Seen implements ReplayTarget {
  readonly keys: string[] = []
  onRecord(record: { key: Buffer }): void {
    this.keys.push(record.key.toString())
  }
  onMarker(): void {}
}

function record(key: string) {
  return { key: Buffer.from(key), value: null }
}

function activeShard() {
  const [log, seen, lost] = [new MemoryCoordinatorLog(), new Seen(), [] as string[]]
  const shard = new Shard(log, seen, new VirtualClock(), (error) => lost.push(error.error))
  shard.activate()
  return { log, seen, lost, shard }
}

test('records are applied at once, and told of when they are committed', () => {
  const { log, seen, shard } = activeShard()
  log.holdCommits()
  shard.append([record('a'), record('b')])
  expect(seen.keys).toEqual(['a', 'b'])
  const told: string[] = []
  shard.whenSettled(() => told.push('first'))
  shard.append([record('c')])
  shard.whenSettled(() => told.push('second'))
  expect(told).toEqual([])
  log.commit()
  expect(told).toEqual(['first', 'second'])
  shard.whenSettled(() => told.push('third'))
  expect(told).toEqual(['first', 'second', 'third'])
})

test('a record that is refused is not applied', () => {
  const { log, seen, shard } = activeShard()
  log.refuseNext = new KafkaError('NOT_ENOUGH_REPLICAS')
  expect(() => shard.append([record('a')])).toThrow('NOT_ENOUGH_REPLICAS')
  expect(seen.keys).toEqual([])
})

test('a record that is lost closes the shard, and all who waited hear it', () => {
  const { log, lost, shard } = activeShard()
  log.holdCommits()
  shard.append([record('a')])
  const told: (string | undefined)[] = []
  shard.whenSettled((error) => told.push(error?.error))
  log.lose(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(told).toEqual(['NOT_COORDINATOR'])
  expect(lost).toEqual(['NOT_LEADER_OR_FOLLOWER'])
  expect(() => shard.append([record('b')])).toThrow('NOT_COORDINATOR')
})

test('until the log is read nothing is served', async () => {
  const log = new MemoryCoordinatorLog()
  log.append([record('a')], 0)
  const seen = new Seen()
  const shard = new Shard(log, seen, new VirtualClock(), () => undefined)
  expect(() => shard.requireActive()).toThrow('COORDINATOR_LOAD_IN_PROGRESS')
  await shard.load()
  shard.requireActive()
  expect(seen.keys).toEqual(['a'])
})

test('after a lost record the coordinator takes up what the log says', async () => {
  const scenario = new GroupScenario()
  await scenario.commit({ offset: 1 })
  scenario.log.holdCommits()
  const commit = scenario.commit({ offset: 2 })
  const join = scenario.join({ requiresMemberId: true })
  await scenario.settle()
  expect(errorOf(join)).toBe('waiting')
  scenario.log.lose(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(await commit).toBe('NOT_COORDINATOR')
  await scenario.settle()
  expect(errorOf(join)).toBe('NOT_COORDINATOR')
  expect(await scenario.committed()).toMatchObject({ committedOffset: 1 })
})

test('a lost assignment is told to nobody, and members join again', async () => {
  const scenario = new GroupScenario()
  const join = scenario.join()
  await scenario.pass(0)
  scenario.log.holdCommits()
  const sync = scenario.sync(replyOf(join), { [replyOf(join).memberId]: 'all' })
  await scenario.settle()
  scenario.log.lose(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  await scenario.settle()
  expect(errorOf(sync)).toBe('NOT_COORDINATOR')
  expect(await scenario.heartbeat(replyOf(join))).toBe('UNKNOWN_MEMBER_ID')
})

test('a record that can not be read is left out, and the others count', async () => {
  const scenario = new GroupScenario()
  await scenario.commit({ offset: 4 })
  const [good] = scenario.log.entries
  if (good === undefined || !('record' in good)) throw new Error('a record')
  for (const value of [Buffer.alloc(0), Buffer.from([0, 4, 1]), Buffer.from([0, 99])])
    scenario.log.entries.push({ ...good, record: { key: good.record.key, value } })
  scenario.log.entries.push({ ...good, record: { key: Buffer.alloc(1), value: null } })
  await scenario.restart()
  expect(await scenario.committed()).toMatchObject({ committedOffset: 4 })
})

test('a partition that can not be read does not hide the groups of the others', async () => {
  const scenario = new GroupScenario()
  await scenario.commit()
  class Unreadable extends MemoryCoordinatorLog {
    override get isEmpty(): boolean {
      return false
    }
    override async replay(): Promise<void> {
      throw new KafkaError('KAFKA_STORAGE_ERROR')
    }
  }
  const other = (scenario.coordinator.partitionOf(scenario.groupId) + 1) % 50
  await scenario.coordinator.lead(other, new Unreadable())
  expect((await scenario.coordinator.list()).map(({ groupId }) => groupId)).toEqual([scenario.groupId])
})
