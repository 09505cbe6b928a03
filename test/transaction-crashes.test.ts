/**
 * The broker is killed at every single write of a few transactions, one life for each, and started again on what it had
 * written: whatever it had begun is ended then, everywhere in the same way.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryNetwork } from '../src/runtime/memory-network.ts'
import { readBatchSizeBytes } from '../src/wire/records/batch-header.ts'
import { isExternal, TestBroker } from './behaviours/broker.ts'
import { fetched, newTopic, type Topic } from './behaviours/requests.ts'
import {
  add,
  addOffsets,
  commitOffset,
  described,
  end,
  fetchOffset,
  init,
  type Member,
  readCommitted,
  write,
} from './behaviours/transaction-requests.ts'

const GROUP = 'readers'

/** How clients speak: with partitions added by hand, or by writing to them, with an epoch for each transaction. */
interface Dialect {
  readonly produce: number
  readonly endTxn: number
  readonly txnOffsetCommit: number
}

const dialects: Readonly<Record<string, Dialect>> = {
  'of old clients': { produce: 9, endTxn: 4, txnOffsetCommit: 3 },
  'with an epoch each (KIP-890)': { produce: 12, endTxn: 5, txnOffsetCommit: 5 },
}

interface Scene {
  readonly broker: TestBroker
  readonly topics: readonly Topic[]
  readonly transactionalId: string
  /** What the client was told of each transaction's end, by the value that it wrote. */
  readonly told: Map<string, 'committed' | 'aborted'>
  /** The values in the order in which transactions began. */
  readonly begun: string[]
}

const rounds = [
  { value: 'one', committed: true },
  { value: 'two', committed: false },
  { value: 'three', committed: true },
]

let last: TestBroker | undefined
afterEach(async () => {
  await last?.stop()
  last = undefined
})

async function prepared(): Promise<{ scene: Scene; member: Member }> {
  const broker = new TestBroker({ configs: { 'transaction.state.log.num.partitions': '1' } })
  last = broker
  await broker.start()
  const topics = [await newTopic(broker), await newTopic(broker)]
  const member = await init(broker)
  return {
    scene: { broker, topics, transactionalId: member.transactionalId, told: new Map(), begun: [] },
    member,
  }
}

/** Every transaction writes the same value to all topics, and its number to the group's offsets. */
async function work(scene: Scene, first: Member, dialect: Dialect): Promise<void> {
  const { broker, topics } = scene
  let member = first
  let sequence = 0
  for (const [round, { value, committed }] of rounds.entries()) {
    scene.begun.push(value)
    if (dialect.endTxn < 5) {
      expect(await add(broker, member, topics)).toEqual(['NONE', 'NONE'])
      expect(await addOffsets(broker, member, GROUP)).toBe('NONE')
    }
    for (const topic of topics)
      expect(await write(broker, member, topic, value, { version: dialect.produce, sequence })).toBe('NONE')
    const options = { version: dialect.txnOffsetCommit }
    for (const topic of topics.slice(0, 1))
      expect(await commitOffset(broker, member, GROUP, topic, round + 1, options)).toBe('NONE')
    const ended = await end(broker, member, committed, dialect.endTxn)
    expect(ended.error).toBe('NONE')
    scene.told.set(value, committed ? 'committed' : 'aborted')
    if (dialect.endTxn >= 5) member = { ...member, producerEpoch: ended.producerEpoch }
    else sequence++
  }
}

/** Works until the broker dies at its n-th write. Tells whether it got that far. */
async function workUntilWrite(n: number, scene: Scene, member: Member, dialect: Dialect): Promise<boolean> {
  const { broker } = scene
  let writes = 0
  let hasDied = false
  const { disk } = broker
  disk.beforeOperation = (operation) => {
    if (operation !== 'write' || hasDied || ++writes < n) return
    hasDied = true
    broker.die()
    // Nobody hears any more of what goes on in the old process.
    broker.network = new MemoryNetwork()
  }
  const done = work(scene, member, dialect).catch((error: unknown) => {
    if (!hasDied) throw error
  })
  await done
  disk.beforeOperation = () => undefined
  return hasDied
}

/** One outcome for each transaction, the same in all places, and the one that the client was told. */
async function check(scene: Scene): Promise<void> {
  const { broker, topics, transactionalId, told, begun } = scene
  const found = await described(broker, transactionalId)
  expect(found.transactionState).not.toMatch(/^Prepare/)
  // Whoever comes next aborts what is still open.
  await init(broker, transactionalId)
  const seen = await Promise.all(topics.map((topic) => readCommitted(broker, topic)))
  expect(seen[1]).toEqual(seen[0])
  const values = seen[0] ?? []
  expect(values).toEqual(begun.filter((value) => values.includes(value)))
  for (const [value, outcome] of told) expect(values.includes(value), value).toBe(outcome === 'committed')
  for (const { value, committed } of rounds) if (!committed) expect(values).not.toContain(value)
  const latest = Math.max(
    -1,
    ...values.map((value) => rounds.findIndex((round) => round.value === value) + 1),
  )
  expect(await fetchOffset(broker, GROUP, topics[0] ?? { name: '', id: '' }, true)).toBe(latest)
  for (const topic of topics) {
    const { lastStableOffset, highWatermark } = await fetched(broker, topic)
    expect(lastStableOffset).toBe(highWatermark)
  }
}

describe.skipIf(isExternal)('transactions survive a kill at any write', () => {
  test.each(Object.entries(dialects))('%s', { timeout: 60_000 }, async (_name, dialect) => {
    let deaths = 0
    for (let n = 1; ; n++) {
      const { scene, member } = await prepared()
      const hasDied = await workUntilWrite(n, scene, member, dialect)
      if (!hasDied) {
        expect(scene.told.size).toBe(rounds.length)
        await check(scene)
        break
      }
      deaths++
      await scene.broker.start()
      await scene.broker.settle()
      await check(scene)
      await scene.broker.stop()
      expect(scene.broker.bugs, `killed at write ${n}`).toEqual([])
    }
    // Fewer would mean that the broker wrote without the disk being asked.
    expect(deaths).toBeGreaterThan(15)
  })
})

/** Writes `next` to all topics, unless their partitions have seen a later producer. */
async function hasWritten({ broker, topics }: Scene, member: Member, dialect: Dialect): Promise<boolean> {
  if (dialect.endTxn < 5) expect(await add(broker, member, topics)).toEqual(['NONE', 'NONE'])
  for (const topic of topics) {
    const error = await write(broker, member, topic, 'next', { version: dialect.produce })
    expect(['NONE', 'INVALID_PRODUCER_EPOCH']).toContain(error)
    if (error !== 'NONE') return false
  }
  return true
}

/** A power cut may take the end of the coordinator's log, although partitions have their markers already. */
describe.skipIf(isExternal)(
  'transactions survive the loss of the end of the coordinator log, at every record',
  () => {
    const LOG = '__transaction_state-0/00000000000000000000.log'

    /** Where the batches of the coordinator's log end, from its start on. */
    function batchEnds(bytes: Buffer): number[] {
      const ends = [0]
      for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at))
        ends.push(at + readBatchSizeBytes(bytes, at))
      return ends
    }

    test.each(Object.entries(dialects))('%s', { timeout: 60_000 }, async (_name, dialect) => {
      for (let cut = 0, isWhole = false; !isWhole; cut++) {
        const { scene, member } = await prepared()
        const { broker, topics, transactionalId } = scene
        await work(scene, member, dialect)
        broker.die()
        const ends = batchEnds(broker.disk.readWhole(LOG) ?? Buffer.alloc(0))
        // Fewer would mean that this is not the coordinator's log.
        expect(ends.length).toBeGreaterThan(6)
        isWhole = cut === ends.length - 1
        const file = broker.disk.open(LOG)
        file.truncate(ends[cut] ?? 0)
        file.close()
        await broker.start()
        await broker.settle()
        const what = `cut to ${cut} batches`
        let heir = await init(broker, transactionalId)
        for (const topic of topics) {
          expect(await readCommitted(broker, topic), what).toEqual(['one', 'three'])
          const { lastStableOffset, highWatermark } = await fetched(broker, topic)
          expect(lastStableOffset, what).toBe(highWatermark)
        }
        expect(await fetchOffset(broker, GROUP, topics[0] ?? { name: '', id: '' }, true), what).toBe(3)
        // Partitions may know later epochs than the coordinator; whoever is refused comes again with the next one.
        let attempts = 0
        while (!(await hasWritten(scene, heir, dialect))) {
          expect(++attempts, what).toBeLessThan(5)
          heir = await init(broker, transactionalId)
        }
        expect((await end(broker, heir, true, dialect.endTxn)).error, what).toBe('NONE')
        for (const topic of topics)
          expect(await readCommitted(broker, topic), what).toEqual(['one', 'three', 'next'])
        await broker.stop()
        expect(broker.bugs, what).toEqual([])
      }
    })
  },
)
