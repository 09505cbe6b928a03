import { expect, test } from 'vitest'
import { silentLogger } from '../runtime/log.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { KafkaError } from '../wire/errors.ts'
import { LedShards } from './led-shards.ts'
import type { ShardStatus } from './shard.ts'

class FakeShard {
  status: ShardStatus
  readonly onLost: (error: KafkaError) => void
  unreadable: KafkaError | undefined

  constructor(onLost: (error: KafkaError) => void, status: ShardStatus = 'active') {
    this.status = status
    this.onLost = onLost
  }

  async load(): Promise<void> {
    await Promise.resolve()
    if (this.unreadable !== undefined) throw this.unreadable
    this.status = 'active'
  }

  close(): void {
    this.status = 'closed'
  }
}

function led() {
  const clock = new VirtualClock()
  const tidied: number[] = []
  const state = { intervalMs: 100, refusing: -1 }
  const made: FakeShard[] = []
  const shards = new LedShards<FakeShard>({
    clock,
    logger: silentLogger,
    topic: '__topic',
    tidying: {
      intervalMs: () => state.intervalMs,
      tidy: (_, partition) => {
        if (partition === state.refusing) throw new KafkaError('NOT_ENOUGH_REPLICAS')
        tidied.push(partition)
      },
    },
  })
  const lead = (partition: number, status?: ShardStatus) =>
    shards.lead(partition, (onLost) => {
      const shard = new FakeShard(onLost, status)
      made.push(shard)
      return shard
    })
  return { clock, tidied, state, made, shards, lead }
}

test('a partition with an empty log is served at once, another when its log is read', async () => {
  const { made, shards, lead } = led()
  expect(lead(0)).toBeUndefined()
  const loading = lead(1, 'loading')
  expect(shards.get(1)?.status).toBe('loading')
  await loading
  expect(shards.readable()).toEqual(made)
})

test('a partition whose log can not be read is not served, and the others are', async () => {
  const { made, shards, lead } = led()
  lead(0)
  const loading = lead(1, 'loading')
  Object.assign(made[1] ?? {}, { unreadable: new KafkaError('CORRUPT_MESSAGE') })
  await loading
  expect(shards.readable()).toEqual([made[0]])
})

test('a shard that lost a record is made anew, unless the partition has passed on', () => {
  const { made, shards, lead } = led()
  lead(0)
  made[0]?.onLost(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(made.map(({ status }) => status)).toEqual(['closed', 'active'])
  expect(shards.get(0)).toBe(made[1])
  shards.resign(0)
  made[1]?.onLost(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(made.map(({ status }) => status)).toEqual(['closed', 'closed'])
  expect(() => shards.require(0)).toThrow('NOT_COORDINATOR')
})

test('every shard is tidied now and then, also when another can not be', () => {
  const { clock, tidied, state, shards, lead } = led()
  for (const partition of [0, 1, 2]) lead(partition)
  state.refusing = 1
  clock.advance(100)
  expect(tidied).toEqual([0, 2])
  state.refusing = -1
  clock.advance(50)
  state.intervalMs = 60
  shards.configured()
  clock.advance(60)
  expect(tidied).toEqual([0, 2, 0, 1, 2])
  shards.close()
  clock.advance(1_000)
  expect(tidied).toHaveLength(5)
})
