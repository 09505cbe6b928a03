import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodeDisk } from './node-disk.ts'

let root: string
let disk: NodeDisk

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'node-disk-'))
  disk = new NodeDisk(join(root, 'made', 'when missing'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

test('chunks are written at a position and read back, now and off the main thread', async () => {
  const file = disk.openOrCreate('file')
  file.writeSync([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('def')], 2)
  await file.write([Buffer.from('GH'), Buffer.from('I')], 8)
  const target = Buffer.alloc(20)
  expect(file.readSync(target, 0)).toBe(11)
  expect(target.subarray(0, 11)).toEqual(Buffer.from('\0\0abcdefGHI'))
  expect(await file.read(target.subarray(0, 4), 8)).toBe(3)
  await file.sync()
  file.truncate(5)
  expect(file.sizeBytes()).toBe(5)
  file.close()
})

test('more chunks than one call of the system takes are all written', async () => {
  const file = disk.openOrCreate('file')
  const chunks = Array.from({ length: 5000 }, (_, index) => Buffer.from([index % 256]))
  file.writeSync(chunks, 0)
  await file.write(chunks, 5000)
  const target = Buffer.alloc(10_000)
  expect(file.readSync(target, 0)).toBe(10_000)
  expect(target.subarray(5000).equals(Buffer.concat(chunks))).toBe(true)
  file.close()
})

test('more bytes than one call is given are all written, whatever the chunks', async () => {
  const whole = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => (index * 7 + (index >> 8)) % 256))
  const cuts = [0, 100, 524_288, 524_289, 1_300_000, 1_300_000, 1_500_000]
  const chunks = cuts.slice(1).map((end, index) => whole.subarray(cuts[index], end))
  const file = disk.openOrCreate('file')
  file.writeSync(chunks, 0)
  await file.write(chunks, whole.length)
  const target = Buffer.alloc(2 * whole.length)
  expect(file.readSync(target, 0)).toBe(target.length)
  expect(target.equals(Buffer.concat([whole, whole]))).toBe(true)
  file.close()
})

test('opening a file that is there keeps its content', () => {
  disk.writeWhole('file', 'content')
  disk.openOrCreate('file').close()
  expect(disk.readWhole('file')?.toString()).toBe('content')
})

test('what is missing is told apart from what fails', async () => {
  expect(disk.readWhole('nowhere/file')).toBe(undefined)
  expect(disk.sizeOf('nowhere/file')).toBe(undefined)
  expect(disk.list('nowhere')).toEqual([])
  disk.remove('file')
  await disk.removeAsync('file')
  await disk.removeFolder('folder')
  expect(() => disk.open('file')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  expect(() => disk.rename('file', 'other')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('replacing a file leaves nothing beside it', async () => {
  disk.replaceWhole('file', 'one')
  await disk.replaceWholeAsync('file', Buffer.from('two'))
  expect(disk.readWhole('file')?.toString()).toBe('two')
  expect(readdirSync(join(root, 'made', 'when missing'))).toEqual(['file'])
})

test('folders are made, listed in order, renamed and removed', async () => {
  disk.makeFolder('b/deep')
  disk.makeFolder('b/deep')
  disk.writeWhole('a', '')
  expect(disk.list('')).toEqual([
    { name: 'a', isFolder: false },
    { name: 'b', isFolder: true },
  ])
  await disk.syncFolder('b')
  disk.rename('b', 'c')
  expect(disk.list('c')).toEqual([{ name: 'deep', isFolder: true }])
  await disk.removeFolder('c')
  expect(disk.list('')).toEqual([{ name: 'a', isFolder: false }])
})

test('the volume tells how much room there is', () => {
  const space = disk.space()
  expect(space?.totalBytes).toBeGreaterThan(0)
  expect(space?.freeBytes).toBeLessThanOrEqual(space?.totalBytes ?? 0)
})

test('a lock is held once, names its holder, and is free after its release', () => {
  const lock = disk.lock('.lock')
  expect(() => disk.lock('.lock')).toThrow(
    expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining(`process ${process.pid}`) }),
  )
  lock.release()
  const again = disk.lock('.lock')
  expect(again.machineRestarted).toBe(undefined)
  again.release()
})

test('the lock of a killed process is taken over at once; that of a living one is not', async () => {
  const module = fileURLToPath(new URL('./node-disk.ts', import.meta.url))
  const script = join(root, 'holder.mjs')
  writeFileSync(
    script,
    `import { NodeDisk } from ${JSON.stringify(module)}
     new NodeDisk(process.argv[2]).lock('.lock')
     console.log('locked')
     setInterval(() => undefined, 1000)`,
  )
  const folder = join(root, 'made', 'when missing')
  const holder = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  expect(() => disk.lock('.lock')).toThrow(
    expect.objectContaining({ message: expect.stringContaining(`process ${holder.pid}`) }),
  )
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = disk.lock('.lock')
  expect(lock.machineRestarted).toBe(false)
  lock.release()
})
