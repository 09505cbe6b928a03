/**
 * One broker through clean stops, deaths and power cuts at any moment, held against what it has acknowledged: no deleted
 * topic rises again, nothing that was acknowledged is lost.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeededRandom } from '../src/runtime/seeded-random.ts'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { deleteTopics } from '../src/wire/apis/delete-topics.ts'
import { describeConfigs } from '../src/wire/apis/describe-configs.ts'
import { incrementalAlterConfigs } from '../src/wire/apis/incremental-alter-configs.ts'
import { metadata } from '../src/wire/apis/metadata.ts'
import { offsetCommit } from '../src/wire/apis/offset-commit.ts'
import { offsetFetch } from '../src/wire/apis/offset-fetch.ts'
import { errorName } from '../src/wire/errors.ts'
import { TestBroker } from './behaviours/broker.ts'
import { batch, fetched, produced, topicSpec, ZERO_UUID } from './behaviours/requests.ts'

interface Step {
  readonly kind:
    | 'create'
    | 'delete'
    | 'produce'
    | 'commit'
    | 'configure'
    | 'restart'
    | 'kill'
    | 'crash'
    | 'scattered'
  readonly topic: string
  /** Whether the machine fails before the answer is there. */
  readonly cutShort: boolean
}

/** What is known of a topic. Of two values either may be found: the request behind the last one was cut short. */
interface Known {
  readonly ids: (string | undefined)[]
  readonly values: string[][]
  readonly offsets: number[]
  readonly retention: (string | undefined)[]
  leaderEpoch: number
}

const absent = (): Known => ({
  ids: [undefined],
  values: [[]],
  offsets: [-1],
  retention: [undefined],
  leaderEpoch: -1,
})

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('create', 'delete', 'commit', 'configure') },
      { weight: 6, arbitrary: fc.constant('produce' as const) },
      { weight: 4, arbitrary: fc.constantFrom('restart', 'kill', 'crash', 'scattered') },
    ),
    topic: fc.constantFrom('a', 'b'),
    cutShort: fc.integer({ max: 5, min: 0 }).map((number) => number === 0),
  }),
  { maxLength: 25 },
)

class Scenario {
  readonly broker = new TestBroker({ configs: { 'log.flush.interval.messages': '1' } })
  readonly #random: SeededRandom
  readonly #topics = new Map<string, Known>([
    ['a', absent()],
    ['b', absent()],
  ])
  #count = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  async take({ kind, topic, cutShort }: Step): Promise<void> {
    if (kind === 'restart') await this.broker.stop()
    else if (kind === 'kill') this.broker.die()
    else if (kind === 'crash' || kind === 'scattered') this.#cutPower(kind === 'scattered')
    else {
      // The connection is there before the request, so that a request that is cut short goes to the dying broker.
      await this.#committed(topic)
      const done = this.#change(kind, topic)
      if (!cutShort) {
        await done
        this.#settle(topic)
        return
      }
      done.catch(() => undefined)
      for (let turns = this.#random.below(6); turns > 0; turns--) await nextTurn()
      this.#cutPower(this.#random.below(2) === 0)
    }
    await this.broker.start()
    for (const [name, known] of this.#topics) await this.#check(name, known, kind !== 'restart')
  }

  #cutPower(scattered: boolean): void {
    this.broker.die({ random: this.#random, scattered })
  }

  /** The last outcome is the one that counts. */
  #settle(topic: string): void {
    const known = this.#known(topic)
    for (const outcomes of [known.ids, known.values, known.offsets, known.retention])
      outcomes.splice(0, outcomes.length - 1)
  }

  #known(topic: string): Known {
    const known = this.#topics.get(topic)
    if (known === undefined) throw new Error(`no topic ${topic} in this scenario`)
    return known
  }

  async #change(kind: string, topic: string): Promise<void> {
    if (kind === 'create') await this.#create(topic)
    else if (this.#known(topic).ids[0] === undefined) return
    else if (kind === 'delete') await this.#delete(topic)
    else if (kind === 'produce') await this.#produce(topic)
    else if (kind === 'commit') await this.#commit(topic)
    else await this.#configure(topic)
  }

  async #create(name: string): Promise<void> {
    const known = this.#known(name)
    if (known.ids[0] !== undefined) return
    known.ids.push('any')
    const answer = await this.broker.ask(createTopics, 7, { topics: [topicSpec(name)], validateOnly: false })
    expect(errorName(answer.topics[0]?.errorCode ?? -1)).toBe('NONE')
    known.ids.push(answer.topics[0]?.topicId)
    known.leaderEpoch = 0
  }

  async #delete(name: string): Promise<void> {
    const known = this.#known(name)
    known.ids.push(undefined)
    known.values.push([])
    known.offsets.push(-1)
    known.retention.push(undefined)
    const request = { topics: [], topicNames: [name], timeoutMs: 1000 }
    const answer = await this.broker.ask(deleteTopics, 5, request)
    expect(errorName(answer.responses[0]?.errorCode ?? -1)).toBe('NONE')
  }

  async #produce(name: string): Promise<void> {
    const known = this.#known(name)
    const value = `${this.#count++}`
    known.values.push([...(known.values[0] ?? []), value])
    const answer = await produced(this.broker, { name, id: '' }, batch(this.broker, [value]))
    expect(answer.error).toBe('NONE')
  }

  async #commit(name: string): Promise<void> {
    const committedOffset = this.#count++
    this.#known(name).offsets.push(committedOffset)
    const partition = { partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: '' }
    const answer = await this.broker.ask(offsetCommit, 8, {
      groupId: 'readers',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name, topicId: ZERO_UUID, partitions: [{ ...partition, commitTimestamp: -1n }] }],
    })
    expect(errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1)).toBe('NONE')
  }

  async #configure(name: string): Promise<void> {
    const value = `${1_000_000_000 + this.#count++}`
    this.#known(name).retention.push(value)
    const config = { name: 'retention.ms', configOperation: 0, value }
    const resources = [{ resourceType: 2, resourceName: name, configs: [config] }]
    const answer = await this.broker.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    expect(errorName(answer.responses[0]?.errorCode ?? -1)).toBe('NONE')
  }

  async #check(name: string, known: Known, raisesEpoch: boolean): Promise<void> {
    const found = await this.#look(name)
    const mayBeNew = known.ids.includes('any')
    if (!(mayBeNew && found.id !== undefined)) expect(known.ids).toContain(found.id)
    known.ids.splice(0, known.ids.length, found.id)
    if (found.id === undefined) {
      this.#topics.set(name, { ...absent(), offsets: [found.offset] })
      expect(known.offsets.at(-1) === -1 || known.offsets.includes(found.offset)).toBe(true)
      return
    }
    expect(known.values).toContainEqual(found.values)
    expect(known.offsets).toContain(found.offset)
    expect(known.retention).toContain(found.retention)
    if (raisesEpoch) expect(found.leaderEpoch).toBeGreaterThan(known.leaderEpoch)
    else expect(found.leaderEpoch).toBe(known.leaderEpoch)
    this.#topics.set(name, {
      ids: [found.id],
      values: [found.values],
      offsets: [found.offset],
      retention: [found.retention],
      leaderEpoch: found.leaderEpoch,
    })
  }

  async #look(name: string) {
    const { broker } = this
    const described = await broker.ask(metadata, 12, {
      topics: [{ topicId: ZERO_UUID, name }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    const topic = described.topics[0]
    const id = topic?.errorCode === 0 ? topic.topicId : undefined
    const exists = id !== undefined
    return {
      id,
      leaderEpoch: topic?.partitions[0]?.leaderEpoch ?? -1,
      values: exists ? (await fetched(broker, { name, id })).values : [],
      offset: await this.#committed(name),
      retention: exists ? await this.#retention(name) : undefined,
    }
  }

  async #committed(name: string): Promise<number> {
    const answer = await this.broker.ask(offsetFetch, 7, {
      groupId: 'readers',
      topics: [{ name, partitionIndexes: [0] }],
      groups: [],
      requireStable: false,
    })
    return answer.topics[0]?.partitions[0]?.committedOffset ?? -1
  }

  async #retention(name: string): Promise<string | undefined> {
    const answer = await this.broker.ask(describeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: name, configurationKeys: ['retention.ms'] }],
      includeSynonyms: false,
      includeDocumentation: false,
    })
    const found = answer.results[0]?.configs[0]
    return found?.configSource === 1 ? (found.value ?? undefined) : undefined
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('what a broker has acknowledged is so after every restart', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (taken, seed) => {
      const scenario = new Scenario(seed)
      await scenario.broker.start()
      for (const step of taken) await scenario.take(step)
      await scenario.take({ kind: 'scattered', topic: 'a', cutShort: false })
      expect(scenario.broker.bugs).toEqual([])
      await scenario.broker.stop()
    }),
    { numRuns: 100 },
  )
}, 60_000)
