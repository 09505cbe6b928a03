import { expect, test } from 'vitest'
import { injectedFailure, MemoryDisk } from './memory-disk.ts'
import { SeededRandom } from './seeded-random.ts'

const text = (disk: MemoryDisk, path: string): string | undefined => disk.readWhole(path)?.toString()

test('bytes are read back from any position, over the borders of pages', () => {
  const file = new MemoryDisk().openOrCreate('file')
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
  file.writeSync([bytes.subarray(0, 70_000), bytes.subarray(70_000)], 3)
  const target = Buffer.alloc(100_000)
  expect(file.readSync(target, 50_003)).toBe(100_000)
  expect(target.equals(bytes.subarray(50_000, 150_000))).toBe(true)
  expect(file.readSync(target, 200_000)).toBe(3)
  expect(file.sizeBytes()).toBe(200_003)
})

test('what was never written, or was cut off and grown over, reads as zero', () => {
  const file = new MemoryDisk().openOrCreate('file')
  file.writeSync([Buffer.from('abcdef')], 0)
  file.truncate(2)
  file.writeSync([Buffer.from('z')], 4)
  const target = Buffer.alloc(5, 'x')
  file.readSync(target, 0)
  expect(target).toEqual(Buffer.from('ab\0\0z'))
})

test('a power cut keeps what was synced, and of the rest an earlier part', async () => {
  for (let seed = 0; seed < 50; seed++) {
    const disk = new MemoryDisk({ crashable: true })
    const file = disk.openOrCreate('file')
    file.writeSync([Buffer.from('synced')], 0)
    await file.sync()
    await disk.syncFolder('')
    file.writeSync([Buffer.from(' one')], 6)
    file.writeSync([Buffer.from(' two')], 10)
    expect('synced one two'.startsWith(text(disk.crash(new SeededRandom(seed)), 'file') ?? '-')).toBe(true)
  }
})

test('a power cut with writes in any order may leave the later and lose the earlier', async () => {
  const left = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const disk = new MemoryDisk({ crashable: true })
    const file = disk.openOrCreate('file')
    await disk.syncFolder('')
    file.writeSync([Buffer.from('one')], 0)
    file.writeSync([Buffer.from('two')], 3)
    left.add(text(disk.crash(new SeededRandom(seed), { scattered: true }), 'file') ?? '-')
  }
  expect(left).toContain('\0\0\0two')
})

test('a power cut takes files whose folder was not synced, and brings back those renamed', async () => {
  const outcomes = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const disk = new MemoryDisk({ crashable: true })
    disk.replaceWhole('old', 'content')
    disk.rename('old', 'new')
    disk.writeWhole('fresh', '')
    const after = disk.crash(new SeededRandom(seed))
    outcomes.add(
      after
        .list('')
        .map(({ name }) => name)
        .join(' '),
    )
  }
  expect([...outcomes].sort()).toEqual(['fresh new', 'new', 'old'])
})

test('a file replaced whole is old or new after a power cut, never in between', () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new MemoryDisk({ crashable: true })
    disk.replaceWhole('file', 'old')
    disk.replaceWhole('file', 'new')
    expect(text(disk.crash(new SeededRandom(seed)), 'file')).toBe('new')
  }
})

test('the death of the process keeps what was written, and its disk serves it no more', async () => {
  const disk = new MemoryDisk()
  const file = disk.openOrCreate('file')
  file.writeSync([Buffer.from('written')], 0)
  const lock = disk.lock('.lock')
  const next = disk.killProcess()
  expect(text(next, 'file')).toBe('written')
  expect(() => file.writeSync([Buffer.from('late')], 0)).toThrow(/process is dead/)
  expect(() => disk.rename('file', 'other')).toThrow(/process is dead/)
  lock.release()
  expect(next.lock('.lock').machineRestarted).toBe(false)
  expect(() => next.lock('.lock')).toThrow(/in use/)
})

test('a lock tells of a power cut, and nothing after it was released in order', () => {
  const disk = new MemoryDisk({ crashable: true })
  disk.lock('.lock')
  const next = disk.crash(new SeededRandom(1))
  const lock = next.lock('.lock')
  expect(lock.machineRestarted).toBe(true)
  lock.release()
  expect(next.lock('.lock').machineRestarted).toBe(undefined)
})

test('a full disk takes what fits and refuses the rest', () => {
  const disk = new MemoryDisk({ capacityBytes: 10 })
  const file = disk.openOrCreate('file')
  expect(() => file.writeSync([Buffer.from('123456'), Buffer.from('7890ab')], 0)).toThrow(
    expect.objectContaining({ code: 'NO_SPACE' }),
  )
  expect(file.sizeBytes()).toBe(10)
  expect(disk.space()).toEqual({ freeBytes: 0, totalBytes: 10 })
  file.truncate(4)
  expect(disk.space()?.freeBytes).toBe(6)
  disk.remove('file')
  expect(disk.space()?.freeBytes).toBe(10)
})

test('operations fail as they are told to, and wait as long as they are told', async () => {
  const disk = new MemoryDisk()
  const file = disk.openOrCreate('file')
  disk.beforeOperation = (operation, path) => {
    if (operation === 'sync') throw injectedFailure('IO', path)
  }
  await expect(file.sync()).rejects.toMatchObject({ code: 'IO', path: 'file' })
  let release = (): void => undefined
  disk.delay = () =>
    new Promise((resolve) => {
      release = resolve
    })
  const writing = file.write([Buffer.from('slow')], 0)
  expect(file.sizeBytes()).toBe(0)
  release()
  await writing
  expect(file.sizeBytes()).toBe(4)
})

test('a flipped bit is flipped on the medium too', async () => {
  const disk = new MemoryDisk({ crashable: true })
  disk.replaceWhole('file', 'abc')
  disk.flipBit('file', 1, 0)
  expect(text(disk, 'file')).toBe('acc')
  expect(text(disk.crash(new SeededRandom(1)), 'file')).toBe('acc')
})
