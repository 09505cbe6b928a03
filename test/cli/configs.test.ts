import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster, uniqueName } from './cluster.ts'

describe('odradek configs', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
  })

  afterAll(() => cluster?.stop())

  test('sets and unsets single configs of a topic and leaves the others alone', async () => {
    const topic = uniqueName('orders')
    await cluster.ok(`topics create ${topic} -c retention.ms=60000`)
    expect(await cluster.ok(`configs set topic ${topic} cleanup.policy=compact segment.ms=5000`)).toBe(
      'cleanup.policy=compact\nsegment.ms=5000\n',
    )
    const own = async () => {
      const entries = await cluster.json(`configs get topic ${topic} --json`)
      return Array.isArray(entries) ? entries.filter(({ source }) => source === 'topic') : entries
    }
    expect(await own()).toMatchObject([
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '60000' },
      { name: 'segment.ms', value: '5000' },
    ])
    expect(await cluster.ok(`configs unset topic ${topic} retention.ms`)).toBe(
      'retention.ms is back to its default\n',
    )
    expect(await own()).toMatchObject([{ name: 'cleanup.policy' }, { name: 'segment.ms' }])
    expect(await cluster.json(`configs get topic ${topic} retention.ms --json`)).toMatchObject([
      { name: 'retention.ms', value: '604800000', source: 'default' },
    ])
    expect(await cluster.ok(`configs get topic ${topic} cleanup.policy`)).toBe(
      'CONFIG          VALUE    SOURCE\ncleanup.policy  compact  topic\n',
    )
  })

  test('shows the defaults too when asked', async () => {
    const topic = uniqueName('all')
    await cluster.ok(`topics create ${topic}`)
    const entries = await cluster.json(`configs get topic ${topic} --all --json`)
    expect(entries).toContainEqual(expect.objectContaining({ name: 'segment.bytes', source: 'default' }))
  })

  test('sets what holds for every broker', async () => {
    await cluster.ok('configs set broker all log.retention.ms=86400000')
    expect(await cluster.json('configs get broker all log.retention.ms --json')).toMatchObject([
      { value: '86400000', source: 'cluster' },
    ])
    await cluster.ok('configs unset broker all log.retention.ms')
    const { stderr, exitCode } = await cluster.run('configs get broker all log.retention.ms')
    expect({ stderr, exitCode }).toEqual({
      stderr: 'odradek: broker all has no config log.retention.ms\n',
      exitCode: 1,
    })
  })

  test.each([
    ['set topic TOPIC nonsense=1', 1, 'INVALID_CONFIG: '],
    ['set topic TOPIC retention.ms=soon', 1, 'INVALID_CONFIG: '],
    ['get topic TOPIC nonsense', 1, 'has no config nonsense'],
    ['get broker 4711', 1, 'there is no broker 4711'],
    ['get group x', 2, 'configs are of a topic or a broker, not of "group"'],
    ['set topic TOPIC retention.ms', 2, 'a config must be name=value, not "retention.ms"'],
  ])('configs %s ends with %i: %s', async (line, exitCode, reason) => {
    const topic = uniqueName('wrong')
    await cluster.ok(`topics create ${topic}`)
    const outcome = await cluster.run(`configs ${line.replace('TOPIC', topic)}`)
    expect(outcome).toMatchObject({ stdout: '', exitCode })
    expect(outcome.stderr).toMatch(/^odradek: [^\n]*\n$/)
    expect(outcome.stderr).toContain(reason)
  })
})
