import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster, uniqueName, words } from './cluster.ts'
import { startOdradek } from './command.ts'

describe('odradek groups', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })

  afterAll(() => cluster?.stop())

  /** A topic of two partitions with three records in the first, all read by a group. */
  async function readTopic(): Promise<{ topic: string; group: string }> {
    const [topic, group] = [uniqueName('orders'), uniqueName('billing')]
    await cluster.ok(`topics create ${topic} -p 2`)
    await cluster.ok(`produce ${topic} -p 0`, { input: 'a\nb\nc\n' })
    await cluster.ok(`consume ${topic} --group ${group} --exit`)
    return { topic, group }
  }

  test('shows the lag of each partition', async () => {
    const { topic, group } = await readTopic()
    await cluster.ok(`produce ${topic} -p 0`, { input: 'd\ne\n' })
    expect(await cluster.json('groups list --json')).toContainEqual({
      group,
      protocol: 'consumer',
      state: 'Empty',
      members: 0,
    })
    expect(await cluster.json(`groups describe ${group} --json`)).toEqual([
      {
        group,
        state: 'Empty',
        members: [],
        lag: 2,
        partitions: [{ topic, partition: 0, committed: 3, end: 5, lag: 2, member: null, host: null }],
      },
    ])
    expect(await cluster.ok(`groups describe ${group}`)).toMatch(/: Empty, 0 members, lag 2\nTOPIC/)
  })

  test('shows who holds what, and refuses to move or delete a group that is running', async () => {
    const { topic, group } = await readTopic()
    const member = startOdradek(words(`consume ${topic} --group ${group}`), { env: cluster.env })
    await cluster.ok(`produce ${topic} -p 1`, { input: 'now\n' })
    await member.printed(/now\n/)
    expect(await cluster.json(`groups describe ${group} --json`)).toMatchObject([
      {
        state: 'Stable',
        members: [{ client: 'odradek' }],
        partitions: [
          { partition: 0, member: expect.stringMatching(/^odradek-/) },
          { partition: 1, member: expect.stringMatching(/^odradek-/) },
        ],
      },
    ])
    expect(await cluster.run(`groups reset-offsets ${group} --topic ${topic} --to earliest`)).toEqual({
      stdout: '',
      stderr: `odradek: group ${group} has members; stop them first\n`,
      exitCode: 1,
    })
    const deletion = await cluster.run(`groups delete ${group}`)
    expect(deletion.exitCode).toBe(1)
    expect(deletion.stderr).toContain(`odradek: ${group}: NON_EMPTY_GROUP`)
    member.signal('SIGTERM')
    expect(await member.ended).toMatchObject({ stderr: '', exitCode: 0 })
    // It has left, rather than being missed at last.
    expect(await cluster.json(`groups describe ${group} --json`)).toMatchObject([
      { state: 'Empty', members: [] },
    ])
  })

  test('moves the offsets of a group that is stopped', async () => {
    const { topic, group } = await readTopic()
    const reset = (to: string, more = '') =>
      cluster.json(`groups reset-offsets ${group} --topic ${topic}:0 --to ${to} --json ${more}`)
    const moved = (from: number, to: number) => [{ topic, partition: 0, from, to }]
    expect(await reset('earliest', '--dry-run')).toEqual(moved(3, 0))
    expect(await reset('earliest')).toEqual(moved(3, 0))
    expect(await reset('+2')).toEqual(moved(0, 2))
    expect(await reset('-1')).toEqual(moved(2, 1))
    expect(await reset('99')).toEqual(moved(1, 3))
    expect(await reset('2000-01-01')).toEqual(moved(3, 0))
    expect(await reset('latest')).toEqual(moved(0, 3))
    expect(await reset('2')).toEqual(moved(3, 2))
    expect(await cluster.ok(`consume ${topic} --group ${group} --exit`)).toBe('c\n')
  })

  test('deletes a group', async () => {
    const { group } = await readTopic()
    expect(await cluster.ok(`groups delete ${group}`)).toBe(`deleted ${group}\n`)
    expect(await cluster.run(`groups describe ${group}`)).toEqual({
      stdout: '',
      stderr: `odradek: ${group}: GROUP_ID_NOT_FOUND\n`,
      exitCode: 1,
    })
  })
})
