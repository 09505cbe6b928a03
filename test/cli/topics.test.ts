import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster, uniqueName } from './cluster.ts'

describe('odradek topics', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })

  afterAll(() => cluster?.stop())

  test('creates, lists, describes, grows and deletes a topic', async () => {
    const topic = uniqueName('orders')
    expect(await cluster.ok(`topics create ${topic} -p 2 -c retention.ms=60000`)).toBe(`created ${topic}\n`)
    expect(await cluster.json('topics list --json')).toContainEqual({
      name: topic,
      partitions: 2,
      replication: 1,
    })
    await cluster.ok(`produce ${topic} -p 1`, { input: 'a\nb\n' })
    expect(await cluster.json(`topics describe ${topic} --json`)).toMatchObject([
      {
        name: topic,
        configs: { 'retention.ms': '60000' },
        partitions: [
          { partition: 0, start: 0, end: 0, records: 0 },
          { partition: 1, start: 0, end: 2, records: 2 },
        ],
      },
    ])
    expect(await cluster.ok(`topics add-partitions ${topic} 5`)).toBe(`${topic} has 5 partitions\n`)
    expect(await cluster.json('topics list --json')).toContainEqual({
      name: topic,
      partitions: 5,
      replication: 1,
    })
    expect(await cluster.ok(`topics delete ${topic}`)).toBe(`deleted ${topic}\n`)
    expect(await cluster.run(`topics describe ${topic}`)).toEqual({
      stdout: '',
      stderr: `odradek: ${topic}: UNKNOWN_TOPIC_OR_PARTITION\n`,
      exitCode: 1,
    })
  })

  test('describes a topic for people', async () => {
    const topic = uniqueName('shown')
    await cluster.ok(`topics create ${topic} -p 2 -c cleanup.policy=compact`)
    expect(await cluster.ok(`topics describe ${topic}`)).toMatch(
      new RegExp(
        `^${topic}: 2 partitions, 0 records\nconfigs: cleanup.policy=compact\n` +
          'PARTITION  LEADER  REPLICAS  ISR  START  END  RECORDS\n' +
          ' {8}0 +\\d+  \\d+ +\\d+ +0 +0 +0\n {8}1 +\\d+  \\d+ +\\d+ +0 +0 +0\n$',
      ),
    )
  })

  test('leaves the numbers to the broker when none are given', async () => {
    const topic = uniqueName('plain')
    await cluster.ok(`topics create ${topic}`)
    expect(await cluster.json('topics list --json')).toContainEqual({
      name: topic,
      partitions: 3,
      replication: 1,
    })
  })

  test('is content with a topic that is there, or one that is not, if told so', async () => {
    const topic = uniqueName('twice')
    await cluster.ok(`topics create ${topic}`)
    const again = await cluster.run(`topics create ${topic}`)
    expect(again).toMatchObject({ stdout: '', exitCode: 1 })
    expect(again.stderr).toContain(`odradek: ${topic}: TOPIC_ALREADY_EXISTS`)
    expect(await cluster.ok(`topics create ${topic} --if-not-exists`)).toBe(`${topic} is there already\n`)
    await cluster.ok(`topics delete ${topic}`)
    expect(await cluster.run(`topics delete ${topic}`)).toMatchObject({ exitCode: 1 })
    expect(await cluster.ok(`topics delete ${topic} --if-exists`)).toBe('')
  })

  test.each([
    ['create bad/name', 'INVALID_TOPIC_EXCEPTION'],
    ['create fine --config nonsense=1', 'INVALID_CONFIG: '],
    ['create fine --replication 3', 'INVALID_REPLICATION_FACTOR'],
  ])("topics %s fails with the broker's own reason", async (line, reason) => {
    const { stdout, stderr, exitCode } = await cluster.run(`topics ${line}`)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    expect(stderr).toMatch(/^odradek: [^\n]*\n$/)
    expect(stderr).toContain(reason)
  })
})
