import { expect, test } from 'vitest'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { updateFeatures } from '../../src/wire/apis/update-features.ts'
import { errorName } from '../../src/wire/errors.ts'
import { useBroker } from './broker.ts'

const broker = useBroker()

const [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE] = [1, 2, 3] as const
/** A feature that Kafka has on from the start and that changes nothing for a lone broker. */
const FEATURE = 'eligible.leader.replicas.version'

async function update(
  updates: readonly (readonly [feature: string, level: number, upgradeType?: number])[],
  { version = 2, validateOnly = true } = {},
) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    ...(version === 0 ? {} : { upgradeType }),
  }))
  const answer = await broker.ask(updateFeatures, version, { featureUpdates, validateOnly })
  return { ...answer, error: errorName(answer.errorCode) }
}

async function level(name: string): Promise<number> {
  const answer = await broker.ask(apiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' })
  return answer.finalizedFeatures.find((feature) => feature.name === name)?.maxVersionLevel ?? 0
}

test('a level goes down when that is asked for in so many words, and up again', async () => {
  expect(await level(FEATURE)).toBe(1)
  expect((await update([[FEATURE, 0, SAFE_DOWNGRADE]], { validateOnly: false })).error).toBe('NONE')
  await broker.eventually(async () => expect(await level(FEATURE)).toBe(0))
  expect((await update([[FEATURE, 1]], { validateOnly: false })).error).toBe('NONE')
  await broker.eventually(async () => expect(await level(FEATURE)).toBe(1))
})

test('to validate changes nothing', async () => {
  expect((await update([[FEATURE, 0, UNSAFE_DOWNGRADE]], { version: 1 })).error).toBe('NONE')
  await broker.settle()
  expect(await level(FEATURE)).toBe(1)
})

test('versions before 2 tell of each feature, later ones of the whole', async () => {
  expect((await update([[FEATURE, 1]], { version: 1 })).results).toEqual([
    { feature: FEATURE, errorCode: 0, errorMessage: 'NONE' },
  ])
  expect((await update([[FEATURE, 1]], { version: 2 })).results).toEqual([])
  expect(await update([], { version: 1 })).toMatchObject({ error: 'NONE', results: [] })
})

test.each([
  { why: 'does not support this feature', wish: ['no.such.feature', 1] },
  { why: 'only supports versions 0-1', wish: [FEATURE, 2] },
  { why: 'cannot be less than 0', wish: [FEATURE, -1] },
  { why: "Can't downgrade the version of this feature", wish: [FEATURE, 0] },
  { why: 'does not support the given upgrade type', wish: [FEATURE, 1, 0] },
  { why: 'does not support the given upgrade type', wish: [FEATURE, 1, 4] },
  { why: 'only supports versions 7-33', wish: ['metadata.version', 6, SAFE_DOWNGRADE] },
  { why: 'it might delete metadata information', wish: ['metadata.version', 32, SAFE_DOWNGRADE] },
  { why: 'Unsafe metadata downgrade is not supported', wish: ['metadata.version', 32, UNSAFE_DOWNGRADE] },
  { why: "Can't downgrade to a newer version", wish: ['kraft.version', 1, SAFE_DOWNGRADE] },
] as const)('$wish is refused: $why', async ({ why, wish }) => {
  for (const version of [1, 2]) {
    const answer = await update([wish], { version })
    expect(answer).toMatchObject({ error: 'INVALID_UPDATE_VERSION', results: [] })
    expect(answer.errorMessage).toMatch(/^The update failed for all features since the following feature/)
    expect(answer.errorMessage).toContain(why)
  }
})

test('one that fails keeps all others from changing', async () => {
  const answer = await update(
    [
      [FEATURE, 0, SAFE_DOWNGRADE],
      ['no.such.feature', 1],
    ],
    { validateOnly: false },
  )
  expect(answer.error).toBe('INVALID_UPDATE_VERSION')
  await broker.settle()
  expect(await level(FEATURE)).toBe(1)
})

test('the first version has no way down', async () => {
  const featureUpdates = [{ feature: FEATURE, maxVersionLevel: 0, allowDowngrade: true }]
  const answer = await broker.ask(updateFeatures, 0, { featureUpdates })
  expect(errorName(answer.errorCode)).toBe('INVALID_UPDATE_VERSION')
})
