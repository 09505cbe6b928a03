/**
 * ListConfigResources v0–1: what has configs of its own. v0 lists client metrics subscriptions only (KIP-714, where it
 * was called ListClientMetricsResources); v1 any kind, and all kinds when none is named (KIP-1142).
 */
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { type ConfigResourceType, configKey } from '../../replication/metadata/records.ts'
import { listConfigResources } from '../../wire/apis/list-config-resources.ts'
import { resourceTypes } from '../../wire/config-resource.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = resourceTypes

export function listConfigResourcesHandler(image: () => MetadataImage): Handler<typeof listConfigResources> {
  return {
    api: listConfigResources,
    handle({ resourceTypes: asked }, { apiVersion }) {
      const wanted = apiVersion === 0 ? [CLIENT_METRICS] : wantedTypes(asked)
      return {
        errorCode: NONE,
        configResources: wanted.flatMap((resourceType) =>
          namesOf(resourceType, image()).map((resourceName) => ({ resourceName, resourceType })),
        ),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, configResources: [] }),
  }
}

function wantedTypes(asked: readonly number[]): readonly number[] {
  const all: readonly number[] = Object.values(resourceTypes)
  if (asked.length === 0) return all
  if (!asked.every((type) => all.includes(type))) throw new KafkaError('UNSUPPORTED_VERSION')
  return [...new Set(asked)]
}

/** Topics and brokers all count, whether anything is set on them or not; of the rest those on which something is. */
function namesOf(resourceType: number, image: MetadataImage): string[] {
  switch (resourceType) {
    case TOPIC:
      return [...image.topics.keys()]
    case BROKER:
    case BROKER_LOGGER:
      return [...image.brokers.keys()].map(String)
    case CLIENT_METRICS:
      return configured(image, 'client-metrics')
    case GROUP:
      return configured(image, 'group')
    default:
      return []
  }
}

function configured(image: MetadataImage, type: ConfigResourceType): string[] {
  const prefix = configKey(type, '')
  return [...image.configs.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
}
