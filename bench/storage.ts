/**
 * How fast a log takes appends and gives reads, on this machine's own disk.
 *
 *     npx tsx bench/storage.ts [folder]
 *
 * Figures of page-cache writes depend on what the machine did before: run it more than once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../src/runtime/log.ts'
import { MemoryNetwork } from '../src/runtime/memory-network.ts'
import { nodeClock } from '../src/runtime/node-clock.ts'
import { NodeDisk } from '../src/runtime/node-disk.ts'
import { nodeRandom } from '../src/runtime/node-random.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import type { Log } from '../src/storage/log.ts'
import { defaultLogConfig } from '../src/storage/log-config.ts'
import { LogDirectory } from '../src/storage/log-directory.ts'
import { buildBatch } from '../src/wire/records/batch-builder.ts'

const TOPIC_ID = 'dG9waWMgaWQgb2YgdGVzdA'
const MIB = 1024 * 1024
const everything = { maxOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }

function runtimeOn(folder: string): Runtime {
  const disk = new NodeDisk(folder)
  return { clock: nodeClock, disk, network: new MemoryNetwork(), random: nodeRandom, logger: silentLogger }
}

function openOn(folder: string): Promise<LogDirectory> {
  return LogDirectory.open(runtimeOn(folder), { nodeId: 1, configFor: () => defaultLogConfig })
}

async function measure(name: string, unit: string, action: () => Promise<number>): Promise<void> {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  const amount = await action()
  const seconds = (performance.now() - startedMs) / 1000
  const perSecond = amount / seconds
  const shown = perSecond > 1000 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1)
  const used = process.cpuUsage(before)
  const cpu = `${(used.user / 1e6).toFixed(2)} user + ${(used.system / 1e6).toFixed(2)} system`
  console.log(`${name.padEnd(58)} ${shown.padStart(12)} ${unit}/s   (${seconds.toFixed(3)} s; cpu ${cpu})`)
}

/** Appends until each log has its share, never more than `windowBytes` ahead of what is written. */
async function appendAll(logs: readonly Log[], batch: Buffer, count: number, perTurn: number): Promise<void> {
  // More than the tail cache and the queues hold, so that none is stamped again while it is in use.
  const batches = Array.from({ length: Math.min(Math.ceil((128 * MIB) / batch.length), count) }, () =>
    Buffer.from(batch),
  )
  let appended = 0
  while (appended < count) {
    for (let index = 0; index < perTurn && appended < count; index++, appended++) {
      const log = logs[appended % logs.length]
      const next = batches[appended % batches.length]
      if (next !== undefined) log?.append(next, { leaderEpoch: 0 })
    }
    await new Promise<void>((resolve) => setImmediate(resolve))
    const behind = logs.filter((log) => log.readableBytes(log.writtenOffset, log.logEndOffset) > 16 * MIB)
    for (const log of behind) await log.store.writer.whenIdle()
  }
  for (const log of logs) await log.store.writer.whenIdle()
}

async function appends(folder: string): Promise<void> {
  const directory = await openOn(folder)
  const large = buildBatch({ records: [{ value: Buffer.alloc(MIB - 200, 'x') }] })
  const small = buildBatch({ records: [{ value: Buffer.alloc(1024 - 70, 'x') }] })
  const make = (topic: string, count: number): Log[] =>
    Array.from({ length: count }, (_, partition) =>
      directory.createLog(topic, partition, TOPIC_ID, defaultLogConfig),
    )
  const [one] = make('one', 1)
  if (one === undefined) return
  for (const round of [1, 2]) {
    await measure(`append 1 MiB batches, 1 log, round ${round}`, 'MB', async () => {
      await appendAll([one], large, 1500, 8)
      return 1500 * 1.048576
    })
  }
  await measure('append 1 MiB batches, 16 logs', 'MB', async () => {
    await appendAll(make('sixteen', 16), large, 1500, 16)
    return 1500 * 1.048576
  })
  for (const round of [1, 2]) {
    await measure(`append 1 KiB batches, 64 logs, 128 a turn, round ${round}`, 'appends', async () => {
      await appendAll(make(`small-${round}`, 64), small, 300_000, 128)
      return 300_000
    })
  }
  await measure('append 1 KiB batches, 1 log, 64 a turn', 'appends', async () => {
    await appendAll(make('lone', 1), small, 300_000, 64)
    return 300_000
  })
  await measure('read 1 MiB slices from the tail', 'MB', () => readAll(one, one.logEndOffset - 40, 20))
  await measure('read 1 MiB slices from the file', 'MB', () => readAll(one, 0, 1))
  await measure('clean stop', 'stops', async () => {
    await directory.close()
    return 1
  })
}

async function readAll(log: Log, from: number, rounds: number): Promise<number> {
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    for (let offset = from; offset < log.logEndOffset; ) {
      const slice = await log.read(offset, { maxBytes: MIB, ...everything })
      bytes += slice.sizeBytes
      offset = slice.endOffset
      slice.release()
    }
  }
  return bytes / 1e6
}

async function manyLogs(folder: string): Promise<void> {
  const count = 10_000
  let directory = await openOn(folder)
  await measure(`create ${count} logs`, 'logs', async () => {
    for (let index = 0; index < count; index++) directory.createLog('many', index, TOPIC_ID, defaultLogConfig)
    return count
  })
  const small = buildBatch({ records: [{ value: Buffer.alloc(100, 'x') }] })
  await measure('append once to each', 'appends', async () => {
    await appendAll([...directory.logs], small, count, 1000)
    return count
  })
  await measure('stop cleanly', 'logs', async () => {
    await directory.close()
    return count
  })
  for (const round of [1, 2]) {
    await measure(`open ${count} logs after a clean stop, round ${round}`, 'logs', async () => {
      directory = await openOn(folder)
      return count
    })
    await measure('stop cleanly, nothing changed', 'logs', async () => {
      await directory.close()
      return count
    })
  }
  directory = await openOn(folder)
  await new NodeDisk(folder).removeAsync('.log-summary.json')
  await measure('stop cleanly', 'logs', async () => {
    await directory.close()
    return count
  })
  new NodeDisk(folder).remove('.kafka_cleanshutdown')
  await measure(`open ${count} logs after a crash`, 'logs', async () => {
    directory = await openOn(folder)
    return count
  })
  await measure('delete all', 'logs', async () => {
    for (const log of [...directory.logs]) directory.deleteLog(log)
    return count
  })
  await directory.close()
}

const root = process.argv[2] ?? tmpdir()
const folder = mkdtempSync(join(root, 'storage-bench-'))
try {
  await appends(join(folder, 'appends'))
  await manyLogs(join(folder, 'many'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
