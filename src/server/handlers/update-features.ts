/**
 * UpdateFeatures v0–2: raises and lowers the levels of the cluster's features, all of them or none (KIP-584). v1 tells
 * upgrades from safe and unsafe downgrades and can only validate; from v2 on there is no result per feature, as all
 * share one (KIP-1022). v0's own way to allow a downgrade is not heard, as in Kafka since its controllers have a quorum.
 *
 * Source: apache/kafka `FeatureControlManager.updateFeature`, and what Kafka 4.4 answers.
 */
import type { Controller } from '../../replication/controller.ts'
import type { Feature } from '../../replication/features.ts'
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { updateFeatures } from '../../wire/apis/update-features.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Update = RequestOf<typeof updateFeatures>['featureUpdates'][number]

/** Kafka's numbers of ways to change a level (`FeatureUpdate.UpgradeType`). */
const upgradeTypes = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const

export function updateFeaturesHandler(
  image: () => MetadataImage,
  controller: Controller,
  nodeId: number,
  supported: readonly Feature[],
): Handler<typeof updateFeatures> {
  return {
    api: updateFeatures,
    async handle({ featureUpdates, validateOnly }) {
      const levels = new Map<string, number>()
      for (const update of featureUpdates) {
        const problem = problemOf(update, image(), nodeId, supported)
        if (problem !== undefined) throw failure(problem)
        levels.set(update.feature, update.maxVersionLevel)
      }
      if (!validateOnly && levels.size > 0) await controller.finalizeFeatures(levels)
      return {
        errorCode: NONE,
        errorMessage: null,
        results: [...levels.keys()].map((feature) => ({ feature, errorCode: NONE, errorMessage: 'NONE' })),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, results: [] }),
  }
}

/** Why a feature can't get the level that is wished. */
function problemOf(
  update: Update,
  image: MetadataImage,
  nodeId: number,
  supported: readonly Feature[],
): string | undefined {
  const { feature: name, maxVersionLevel: level, upgradeType } = update
  const invalid = (why: string) => `Invalid update version ${level} for feature ${name}. ${why}`
  if (!Object.values<number>(upgradeTypes).includes(upgradeType))
    return invalid('The controller does not support the given upgrade type.')
  if (level < 0) return invalid('A feature version cannot be less than 0.')
  const feature = supported.find((each) => each.name === name)
  if (feature === undefined) return invalid(`Local controller ${nodeId} does not support this feature.`)
  const { minLevel, maxLevel } = feature
  if (level < minLevel || level > maxLevel)
    return invalid(`Local controller ${nodeId} only supports versions ${minLevel}-${maxLevel}`)
  const current = image.featureLevel(feature.name)
  const isUpgrade = upgradeType === upgradeTypes.UPGRADE
  if (level > current && !isUpgrade) return invalid("Can't downgrade to a newer version.")
  if (level >= current) return undefined
  if (isUpgrade)
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  return downgradeProblem(feature, current, level, upgradeType)
}

/** Metadata that a lower level doesn't know would have to be dropped; Kafka does that for nobody. */
function downgradeProblem(
  { name }: Feature,
  current: number,
  level: number,
  upgradeType: number,
): string | undefined {
  if (name !== 'metadata.version') return undefined
  const why =
    upgradeType === upgradeTypes.SAFE_DOWNGRADE
      ? 'Refusing to perform the requested downgrade because it might delete metadata information.'
      : 'Unsafe metadata downgrade is not supported in this version.'
  return `Unsupported metadata.version downgrade from ${current} to ${level}. ${why}`
}

function failure(problem: string): KafkaError {
  return new KafkaError(
    'INVALID_UPDATE_VERSION',
    `The update failed for all features since the following feature had an error: ${problem}`,
  )
}
