import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allMessages, completed, encodable, versionsOf } from './all-messages.ts'
import { goldenStruct } from './golden/golden-values.ts'

/** Bytes that Kafka's own classes wrote; test/golden/README.md says how. */
const lines = readFileSync(new URL('./golden/kafka-4.4.0.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(' '))
  .map(([name = '', version, seed = '', base64 = '']) => ({
    name,
    version: Number(version),
    seed,
    bytes: Buffer.from(base64, 'base64'),
  }))

const byName = groupByName()

describe("Kafka's own bytes", () => {
  test.each(allMessages.map((message) => [message.name, message] as const))(
    'of %s are read and written alike',
    (name, message) => {
      const fixtures = byName.get(name) ?? []
      expect(fixtures.length, 'fixtures').toBeGreaterThan(0)
      for (const { version, seed, bytes } of fixtures) {
        const layout = message.layout(version)
        const value = goldenStruct(message.fields, layout, `${seed}/${name}`)
        const where = `${name} v${version} ${seed}`
        expect(message.decode(bytes, version), where).toEqual(completed(message.fields, layout, value))
        expect(message.explain(bytes, version).end, `${where}: all bytes are read`).toBe(bytes.length)
        const written = Buffer.concat(message.encode(encodable(message.fields, value), version))
        expect(written.toString('hex'), where).toBe(bytes.toString('hex'))
      }
    },
  )

  test('start at the versions where Kafka 4 starts, and leave none out after that', () => {
    const dropped = new Map<string, number>()
    for (const message of allMessages) {
      const covered = new Set(byName.get(message.name)?.map((fixture) => fixture.version))
      const missing = versionsOf(message).filter((version) => !covered.has(version))
      expect(missing, message.name).toEqual(missing.map((_, index) => index))
      if (missing.length > 0) dropped.set(message.name.replace(/Request$|Response$/, ''), missing.length)
    }
    expect(Object.fromEntries(dropped)).toEqual({
      Produce: 3,
      Fetch: 4,
      ListOffsets: 1,
      OffsetCommit: 2,
      OffsetFetch: 1,
      CreateTopics: 2,
      DeleteTopics: 1,
      OffsetForLeaderEpoch: 2,
      WriteTxnMarkers: 1,
      DescribeAcls: 1,
      CreateAcls: 1,
      DeleteAcls: 1,
      DescribeConfigs: 1,
      AlterReplicaLogDirs: 1,
      DescribeLogDirs: 1,
      CreateDelegationToken: 1,
      RenewDelegationToken: 1,
      ExpireDelegationToken: 1,
      DescribeDelegationToken: 1,
    })
  })
})

function groupByName(): Map<string, typeof lines> {
  const groups = new Map<string, typeof lines>()
  for (const line of lines) groups.set(line.name, [...(groups.get(line.name) ?? []), line])
  return groups
}
