import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../src/index.ts'

const folders: string[] = []

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  folders.push(folder)
  return folder
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function kafkaOf(broker: Broker, host = 'localhost'): Kafka {
  return new Kafka({ brokers: [`${host}:${broker.port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
}

async function topicsOf(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return (await admin.listTopics()).filter((topic) => topic !== '__consumer_offsets')
  } finally {
    await admin.disconnect()
  }
}

describe('a broker in this process', () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await startBroker()
  })

  afterAll(() => broker.close())

  test('takes a free port and says where it is', () => {
    expect(broker.port).toBeGreaterThan(0)
    expect(broker.bootstrap).toBe(`localhost:${broker.port}`)
    expect(broker.listeners).toContain(`127.0.0.1:${broker.port}`)
  })

  test('is reached over IPv4, and over IPv6 where there is any', async () => {
    expect(await topicsOf(kafkaOf(broker, '127.0.0.1'))).toEqual([])
    if (!broker.listeners.includes(`[::1]:${broker.port}`)) return
    const admin = new Kafka({ brokers: [`localhost:${broker.port}`], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    expect((await admin.describeCluster()).brokers).toHaveLength(1)
    await admin.disconnect()
  })

  test('tells each client the address that it used', async () => {
    const admin = kafkaOf(broker, '127.0.0.1').admin()
    await admin.connect()
    expect((await admin.describeCluster()).brokers).toEqual([
      { nodeId: 1, host: '127.0.0.1', port: broker.port },
    ])
    await admin.disconnect()
  })

  test('runs beside others', async () => {
    await using other = await startBroker()
    const admin = kafkaOf(other).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'only-there' }] })
    await admin.disconnect()
    expect(await topicsOf(kafkaOf(broker))).not.toContain('only-there')
  })
})

test('closing twice is closing once, and the port is free afterwards', async () => {
  const broker = await startBroker()
  const { port } = broker
  await Promise.all([broker.close(), broker.close()])
  await broker.closed
  const again = await startBroker({ port })
  expect(again.port).toBe(port)
  await again.close()
})

test('an advertised address is what clients are told', async () => {
  await using broker = await startBroker({ advertised: 'localhost:19092' })
  const admin = kafkaOf(broker, '127.0.0.1').admin()
  // The client goes on to the address that it is told, where nobody is.
  await expect(admin.connect().then(() => admin.describeCluster())).rejects.toThrow(/19092|ECONNREFUSED/)
  await admin.disconnect()
})

test('data are there after a restart, topics with their ids', async () => {
  const data = newFolder()
  const ids = async (broker: Broker) => {
    const admin = kafkaOf(broker).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 2 }] }).catch(() => undefined)
    const { clusterId } = await admin.describeCluster()
    await admin.disconnect()
    return clusterId
  }
  const first = await startBroker({ data })
  const before = await ids(first)
  await first.close()
  await using second = await startBroker({ data })
  expect(await ids(second)).toBe(before)
  expect(await topicsOf(kafkaOf(second))).toEqual(['kept'])
})

describe('a broker that cannot start says why in one line', () => {
  test('when the port is busy', async () => {
    await using broker = await startBroker()
    await expect(startBroker({ port: broker.port })).rejects.toMatchObject({
      name: 'StartError',
      kind: 'environment',
      message: expect.stringMatching(/^can't listen on .*: the port is in use$/),
    })
  })

  test('when another broker has the data folder', async () => {
    const data = newFolder()
    await using broker = await startBroker({ data })
    expect(broker.port).toBeGreaterThan(0)
    await expect(startBroker({ data })).rejects.toMatchObject({ name: 'StartError', kind: 'environment' })
  })

  test('when a config is unknown or its value is wrong', async () => {
    await expect(startBroker({ configs: { 'num.partition': '3' } })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('num.partitions'),
    })
    await expect(startBroker({ configs: { 'num.partitions': 'many' } })).rejects.toMatchObject({
      kind: 'usage',
    })
  })

  test('when the advertised address is none', async () => {
    await expect(startBroker({ advertised: 'a:b:c' })).rejects.toMatchObject({ kind: 'usage' })
  })

  test('and leaves nothing behind: the folder can be used at once', async () => {
    const data = newFolder()
    await using busy = await startBroker()
    await expect(startBroker({ data, port: busy.port })).rejects.toThrow('in use')
    const broker = await startBroker({ data })
    await broker.close()
  })
})

test('a process that has closed its broker ends by itself: no handle is left open', async () => {
  const script = `
    import { startBroker } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    import net from 'node:net'
    const broker = await startBroker({ data: ${JSON.stringify(newFolder())} })
    const client = net.connect(broker.port, '127.0.0.1')
    await new Promise((resolve) => client.once('connect', resolve))
    await broker.close()
    console.log('closed')`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 10_000,
  })
  await expect(run).resolves.toMatchObject({ stdout: 'closed\n', stderr: '' })
})
