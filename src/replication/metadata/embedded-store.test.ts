import { expect, test } from 'vitest'
import { DiskError, type DiskErrorCode } from '../../runtime/disk.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { EmbeddedMetadataStore } from './embedded-store.ts'
import type { MetadataChange } from './store.ts'

const put = (key: string, value = 'x') => ({ key, value })

test('a transaction applies only when every compare holds', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  const fresh = { compares: [{ key: '/a', createRevision: 0 }], puts: [put('/a', '1')] }
  expect(await store.txn(fresh)).toEqual({ applied: true, revision: 1 })
  expect(await store.txn({ ...fresh, puts: [put('/a', '2')] })).toEqual({ applied: false, revision: 1 })
  const { items } = await store.range('/a')
  expect(items).toEqual([{ key: '/a', value: '1', createRevision: 1, modRevision: 1 }])
})

test('a changed key keeps its create revision, and a key made anew gets a new one', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  await store.txn({ puts: [put('/a', '1')] })
  await store.txn({ puts: [put('/a', '2')] })
  expect((await store.range('/a')).items[0]).toMatchObject({ createRevision: 1, modRevision: 2 })
  await store.txn({ deletes: ['/a'] })
  await store.txn({ puts: [put('/a', '3')] })
  expect((await store.range('/a')).items[0]).toMatchObject({ createRevision: 4, modRevision: 4 })
})

test('everything but leased items is there after a restart', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  const lease = await store.lease(1000)
  await store.txn({ puts: [put('/kept', '1'), { ...put('/leased'), lease }] })
  await store.txn({ puts: [put('/gone')] })
  await store.txn({ deletes: ['/gone'] })
  await store.close()
  const reopened = EmbeddedMetadataStore.open(disk)
  expect((await reopened.range('/')).items.map((item) => item.key)).toEqual(['/kept'])
  expect((await reopened.txn({ puts: [put('/new')] })).revision).toBeGreaterThan(3)
})

test('an acknowledged transaction survives a power cut', async () => {
  const disk = new MemoryDisk({ crashable: true })
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [put('/a', '1')] })
  const left = disk.crash(new SeededRandom(1))
  expect((await EmbeddedMetadataStore.open(left).range('/a')).items).toHaveLength(1)
})

test('ending a lease deletes its keys and tells the watchers', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  const lease = await store.lease(1000)
  await store.txn({ puts: [{ ...put('/brokers/1'), lease }] })
  const seen: MetadataChange[] = []
  store.watch('/brokers/', 1, (change) => seen.push(change))
  await lease.revoke()
  expect(seen).toEqual([{ revision: 2, puts: [], deletes: ['/brokers/1'] }])
})

test('a watch reports what happened since its revision, then what happens, each transaction as a whole', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  await store.txn({ puts: [put('/a/1'), put('/b/1')] })
  await store.txn({ puts: [put('/a/2'), put('/a/3')] })
  const seen: string[][] = []
  store.watch('/a/', 1, (change) => seen.push(change.puts.map((item) => item.key)))
  await store.txn({ puts: [put('/b/2')] })
  await store.txn({ puts: [put('/a/4')] })
  expect(seen).toEqual([['/a/2', '/a/3'], ['/a/4']])
})

test('a torn last transaction is cut, damage before it is reported', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [put('/a', '1')] })
  await store.txn({ puts: [put('/b', '2')] })
  await store.close()
  const whole = disk.readWhole('metadata.journal') ?? Buffer.alloc(0)
  disk.replaceWhole('metadata.journal', whole.subarray(0, whole.length - 3))
  expect((await EmbeddedMetadataStore.open(disk).range('/')).items.map((item) => item.key)).toEqual(['/a'])
  const damaged = Buffer.from(whole)
  damaged.writeUInt8(damaged.readUInt8(10) ^ 1, 10)
  disk.replaceWhole('metadata.journal', damaged)
  expect(() => EmbeddedMetadataStore.open(disk)).toThrow('metadata.journal is damaged at byte 0')
})

test('damage that hides the length of a transaction is reported too', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [put('/a', '1')] })
  await store.txn({ puts: [put('/b', '2')] })
  await store.close()
  disk.flipBit('metadata.journal', 1, 0)
  expect(() => EmbeddedMetadataStore.open(disk)).toThrow('metadata.journal is damaged at byte 0')
})

test('zeros that a power cut left behind the last transaction are no transaction', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [put('/a', '1')] })
  await store.close()
  const whole = disk.readWhole('metadata.journal') ?? Buffer.alloc(0)
  disk.replaceWhole('metadata.journal', Buffer.concat([whole, Buffer.alloc(64)]))
  const reopened = EmbeddedMetadataStore.open(disk)
  await reopened.txn({ puts: [put('/b', '2')] })
  await reopened.close()
  const { items } = await EmbeddedMetadataStore.open(disk).range('/')
  expect(items.map((item) => item.key)).toEqual(['/a', '/b'])
})

test('the revision of a leased item is given to nothing else after a restart', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [{ ...put('/brokers/1'), lease: await store.lease(1000) }] })
  await store.close()
  const reopened = EmbeddedMetadataStore.open(disk)
  expect((await reopened.txn({ puts: [put('/brokers/1')] })).revision).toBe(2)
})

test('an item keeps its revisions over a restart, snapshot or not', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk, 0)
  for (const key of ['/a', '/b', '/a']) await store.txn({ puts: [put(key)] })
  const { items } = await store.range('/')
  await store.close()
  expect(disk.readWhole('metadata.snapshot')).toBeDefined()
  expect((await EmbeddedMetadataStore.open(disk).range('/')).items).toEqual(items)
})

test('an item that is put without its lease outlives the lease', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  const lease = await store.lease(1000)
  await store.txn({ puts: [{ ...put('/a'), lease }] })
  await store.txn({ puts: [put('/a', 'for good')] })
  await lease.revoke()
  expect((await store.range('/a')).items).toMatchObject([{ value: 'for good' }])
})

function failing(disk: MemoryDisk, failed: string, code: DiskErrorCode): void {
  disk.beforeOperation = (operation, path) => {
    if (operation === failed && path === 'metadata.journal')
      throw new DiskError(code, path, `${operation} failed`)
  }
}

test('a transaction that can not be written changes nothing, and the next one can', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  const seen: MetadataChange[] = []
  store.watch('/', 0, (change) => seen.push(change))
  disk.capacityBytes = 20
  await expect(store.txn({ puts: [put('/a')] })).rejects.toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  expect(await store.range('/')).toEqual({ items: [], revision: 0 })
  expect(seen).toEqual([])
  disk.capacityBytes = 1000
  await store.txn({ puts: [put('/b')] })
  expect((await EmbeddedMetadataStore.open(disk).range('/')).items).toMatchObject([{ key: '/b' }])
})

test('a failed sync is final: nothing is acknowledged any more', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  failing(disk, 'sync', 'IO')
  const both = [store.txn({ puts: [put('/a')] }), store.txn({ puts: [put('/b')] })]
  for (const each of both) await expect(each).rejects.toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  disk.beforeOperation = () => undefined
  await expect(store.txn({ puts: [put('/c')] })).rejects.toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  expect((await store.range('/c')).items).toEqual([])
})

test('a closed store takes nothing more', async () => {
  const store = EmbeddedMetadataStore.open(new MemoryDisk())
  await store.close()
  await expect(store.txn({ puts: [put('/a')] })).rejects.toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
})

test('a journal that outgrows its content is folded into a snapshot', async () => {
  const disk = new MemoryDisk()
  const store = EmbeddedMetadataStore.open(disk)
  const large = 'v'.repeat(100_000)
  for (let round = 0; round < 30; round++) await store.txn({ puts: [put('/a', `${large}${round}`)] })
  await store.close()
  expect(disk.readWhole('metadata.journal')?.length ?? 0).toBeLessThan(1_200_000)
  expect(disk.readWhole('metadata.snapshot')).toBeDefined()
  const reopened = EmbeddedMetadataStore.open(disk)
  expect((await reopened.range('/a')).items[0]?.value).toBe(`${large}29`)
  expect((await reopened.txn({ puts: [put('/b')] })).revision).toBe(31)
})

test('a change is told when a power cut can no longer take it back, and those who were refused for it see it', async () => {
  const disk = new MemoryDisk({ crashable: true })
  const store = EmbeddedMetadataStore.open(disk)
  await store.txn({ puts: [{ key: '/a', value: '0' }] })
  const told: string[] = []
  store.watch('/', 1, ({ puts }) => told.push(...puts.map(({ key, value }) => `${key}=${value}`)))
  let sync: () => void = () => undefined
  disk.delay = (operation) =>
    operation === 'sync' ? new Promise((resolve) => (sync = () => resolve())) : undefined
  const compares = [{ key: '/b', createRevision: 0 }]
  const first = store.txn({ compares, puts: [{ key: '/b', value: '1' }] })
  const second = store.txn({ compares, puts: [{ key: '/b', value: '2' }] }).then(({ applied }) => {
    told.push(`second ${applied}`)
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual([])
  sync()
  expect((await first).applied).toBe(true)
  await second
  expect(told).toEqual(['/b=1', 'second false'])
})
