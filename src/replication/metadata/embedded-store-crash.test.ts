import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiskError } from '../../runtime/disk.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { EmbeddedMetadataStore } from './embedded-store.ts'
import type { MetadataItem, MetadataLease } from './store.ts'

/**
 * The store held against a model of it, through deaths of the process and power cuts at any moment: every
 * acknowledged transaction is there, none is half there, and no revision is given twice.
 */

type Step =
  | {
      readonly kind: 'txn'
      readonly puts: readonly number[]
      readonly deletes: readonly number[]
      readonly sizeBytes: number
      readonly leased: boolean
      readonly awaited: boolean
    }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'restart'; readonly how: 'close' | 'kill' | 'crash' | 'scattered' }
  | { readonly kind: 'sync fails' }

const key = fc.integer({ min: 0, max: 5 })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('txn' as const),
        puts: fc.uniqueArray(key, { maxLength: 3 }),
        deletes: fc.uniqueArray(key, { maxLength: 2 }),
        sizeBytes: fc.integer({ min: 0, max: 300 }),
        leased: fc.boolean(),
        awaited: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync fails' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('restart' as const),
        how: fc.constantFrom('close' as const, 'kill' as const, 'crash' as const, 'scattered' as const),
      }),
    },
  ),
  { maxLength: 40 },
)

class Scenario {
  #disk = new MemoryDisk({ crashable: true })
  readonly #random: SeededRandom
  #store: EmbeddedMetadataStore
  #lease: MetadataLease | undefined
  #leased = new Set<string>()
  /** What outlives the process, by the revision at which it was so. */
  #history = new Map<number, Map<string, MetadataItem>>([[0, new Map()]])
  #revision = 0
  #acknowledged = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.#store = this.#open()
  }

  #open(): EmbeddedMetadataStore {
    this.#disk.delay = (operation) => (operation === 'sync' ? this.#someTurns() : undefined)
    return EmbeddedMetadataStore.open(this.#disk, 500)
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'txn') await this.#transact(step)
    else if (step.kind === 'revoke') await this.#revoke()
    else if (step.kind === 'restart') await this.#restart(step.how)
    else this.#failNextSync()
  }

  async #transact({ puts, deletes, sizeBytes, leased, awaited }: Step & { kind: 'txn' }): Promise<void> {
    this.#lease ??= await this.#store.lease(1000)
    const lease = this.#lease
    const value = 'v'.repeat(sizeBytes)
    const gone = deletes.filter((each) => !puts.includes(each)).map((each) => `/${each}`)
    const items = puts.map((each) => ({ key: `/${each}`, value }))
    const outcome = this.#store
      .txn({ puts: leased ? items.map((item) => ({ ...item, lease })) : items, deletes: gone })
      .then(({ revision }) => this.#acknowledge(revision))
      .catch(() => undefined)
    await this.#observe(
      gone,
      items.map((item) => item.key),
      leased,
    )
    if (awaited) await outcome
  }

  /** Whatever the store shows now, at a revision of its own, is what may be found after a restart. */
  async #observe(gone: readonly string[], put: readonly string[], leased: boolean): Promise<void> {
    const { items, revision } = await this.#store.range('/')
    if (revision === this.#revision) return
    expect(revision).toBe(this.#revision + 1)
    this.#revision = revision
    for (const each of [...gone, ...put]) this.#leased.delete(each)
    if (leased) for (const each of put) this.#leased.add(each)
    const durable = items.filter((item) => !this.#leased.has(item.key))
    this.#history.set(revision, new Map(durable.map((item) => [item.key, item])))
  }

  async #revoke(): Promise<void> {
    const revoked = this.#lease?.revoke().then(
      () => this.#acknowledge(this.#revision),
      () => undefined,
    )
    this.#lease = undefined
    await this.#observe([...this.#leased], [], false)
    await revoked
  }

  #acknowledge(revision: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, revision)
  }

  #failNextSync(): void {
    this.#disk.beforeOperation = (operation, path) => {
      if (operation === 'sync') throw new DiskError('IO', path, 'failed')
    }
  }

  async #restart(how: 'close' | 'kill' | 'crash' | 'scattered'): Promise<void> {
    if (how === 'close') await this.#store.close().catch(() => undefined)
    this.#disk =
      how === 'close' || how === 'kill'
        ? this.#disk.killProcess()
        : this.#disk.crash(this.#random, { scattered: how === 'scattered' })
    this.#store = this.#open()
    this.#lease = undefined
    this.#leased = new Set()
    const { items, revision } = await this.#store.range('/')
    expect(revision).toBeGreaterThanOrEqual(this.#acknowledged)
    expect(new Map(items.map((item) => [item.key, item]))).toEqual(this.#history.get(revision))
    this.#revision = revision
    for (const later of this.#history.keys()) if (later > revision) this.#history.delete(later)
  }

  async #someTurns(): Promise<void> {
    for (let turns = this.#random.below(4); turns > 0; turns--) await Promise.resolve()
  }
}

test('whatever happens, acknowledged transactions are there, none is half there, no revision is given twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (taken, seed) => {
      const scenario = new Scenario(seed)
      for (const step of taken) await scenario.take(step)
      await scenario.take({ kind: 'restart', how: 'scattered' })
    }),
    { numRuns: 200 },
  )
})
