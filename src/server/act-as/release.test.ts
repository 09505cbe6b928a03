import { describe, expect, test } from 'vitest'
import { apis } from '../../wire/catalog.ts'
import { knownReleases, releaseNamed } from './find-release.ts'
import { finalizedFeatures, supportedFeatures } from './release.ts'
import { releaseTables } from './release-tables.ts'

function range(release: string, key: number): string {
  const found = releaseNamed(release)?.versions.get(key)
  return found === undefined ? 'none' : `${found.min}-${found.max}`
}

const [PRODUCE, FETCH, METADATA, UPDATE_METADATA, API_VERSIONS, INIT_PRODUCER_ID] = [0, 1, 3, 6, 18, 22]
const [DESCRIBE_QUORUM, SHARE_FETCH] = [55, 78]

describe('a release is named', () => {
  test.each([
    ['2.8', '2.8'],
    ['2.8.1', '2.8'],
    ['0.10.2', '0.10.2'],
    ['0.10.2.1', '0.10.2'],
    ['0.11', '0.11'],
    ['0.11.0.3', '0.11'],
    ['4.4.0', '4.4'],
  ])('%s', (text, name) => expect(releaseNamed(text)?.name).toBe(name))

  test.each(['', '2', '2.9', '0.10', '0.9.0', '0.12', '4.99', '2.8-rc1', 'latest', '2.8.1.1.1'])(
    '%j is none',
    (text) => expect(releaseNamed(text)).toBeUndefined(),
  )

  test('the first and the newest are what people are told', () =>
    expect(knownReleases()).toBe('0.10.0 to 4.4'))
})

describe('a release has the versions that its documentation gives', () => {
  test.each([
    ['0.10.2', PRODUCE, '0-2'],
    ['0.10.2', METADATA, '0-2'],
    ['0.10.2', INIT_PRODUCER_ID, 'none'],
    ['0.11', PRODUCE, '0-3'],
    ['0.11', FETCH, '0-5'],
    ['1.1', FETCH, '0-7'],
    ['2.3', API_VERSIONS, '0-2'],
    ['2.4', API_VERSIONS, '0-3'],
    ['2.8', FETCH, '0-12'],
    ['3.9', FETCH, '0-17'],
    ['3.9', SHARE_FETCH, 'none'],
    ['3.2', DESCRIBE_QUORUM, 'none'],
    ['3.3', DESCRIBE_QUORUM, '0-1'],
    // Brokers with ZooKeeper advertised what they said among themselves too.
    ['2.8', UPDATE_METADATA, '0-7'],
    ['3.9', UPDATE_METADATA, 'none'],
    ['4.4', FETCH, '4-18'],
    ['4.4', SHARE_FETCH, '1-2'],
  ])('%s: API %i %s', (release, key, wanted) => expect(range(release, key)).toBe(wanted))

  test('no release has a version that comes from the future', () => {
    for (const { name } of releaseTables) {
      for (const [key, { min, max }] of releaseNamed(name)?.versions ?? []) {
        const api = apis.find((each) => each.key === key)
        expect(min, `${name} ${key}`).toBeLessThanOrEqual(max)
        if (api !== undefined) expect(max, `${name} ${key}`).toBeLessThanOrEqual(api.maxVersion)
      }
    }
  })
})

describe('features', () => {
  const levels = new Map([
    ['metadata.version', 33],
    ['transaction.version', 2],
    ['share.version', 2],
  ])

  test('are all there when no release is acted', () => {
    expect(supportedFeatures(undefined).map(({ name }) => name)).toContain('streams.version')
    expect(finalizedFeatures(undefined, levels)).toBe(levels)
  })

  test('are those of the release, at no higher level than its fresh cluster has', () => {
    const release = releaseNamed('4.0')
    expect(supportedFeatures(release).map(({ name, maxLevel }) => `${name} ${maxLevel}`)).toEqual([
      'group.version 1',
      'kraft.version 1',
      'metadata.version 25',
      'transaction.version 2',
      'eligible.leader.replicas.version 1',
    ])
    expect(finalizedFeatures(release, levels)).toEqual(
      new Map([
        ['metadata.version', 25],
        ['transaction.version', 2],
      ]),
    )
  })

  test('were none before there was a quorum', () => {
    const release = releaseNamed('2.8')
    expect(supportedFeatures(release)).toEqual([])
    expect(finalizedFeatures(release, levels).size).toBe(0)
  })
})
