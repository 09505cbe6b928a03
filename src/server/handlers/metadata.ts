import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import type { Controller } from '../../replication/controller.ts'
import type { MetadataImage, TopicImage } from '../../replication/metadata/image.ts'
import { isInternalTopic, missingTopic } from '../../replication/topic-name.ts'
import type { TopicSpec } from '../../replication/topic-plan.ts'
import { metadata as metadataApi } from '../../wire/apis/metadata.ts'
import { errorCodes, KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { allClusterOperations, allTopicOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { describedPartition } from '../partition-description.ts'

type Request = RequestOf<typeof metadataApi>
type Response = ResponseOf<typeof metadataApi>
type TopicAnswer = Response['topics'][number]

/** A topic that was asked for: by name, or by id from v12 on. */
type Asked = { readonly name: string } | { readonly id: string }

export interface MetadataDependencies {
  readonly metadata: ClusterMetadata
  readonly controller: Controller
  readonly endpoints: Endpoints
  /** `auto.create.topics.enable` */
  readonly autoCreateTopics: () => boolean
  /** How a topic is made of which only the name is known. */
  readonly topicToCreate: (name: string) => TopicSpec
}

/**
 * Says who leads what. A topic that is created on the way is answered with its leaders: no client has to come back
 * to find it ready.
 */
export function metadataHandler(dependencies: MetadataDependencies): Handler<typeof metadataApi> {
  const { metadata, autoCreateTopics } = dependencies
  return {
    api: metadataApi,
    handle(request, context) {
      const asked = whatIsAsked(request, context.apiVersion)
      const missing =
        asked === 'all' || !request.allowAutoTopicCreation || !autoCreateTopics()
          ? []
          : missingNames(asked, metadata.image)
      if (missing.length === 0) return answer(request, asked, new Map(), context, dependencies)
      return createMissing(missing, dependencies).then((refused) =>
        answer(request, asked, refused, context, dependencies),
      )
    },
    refuse(request, error, context) {
      // Only from v12 on may an answer leave the name open.
      const nameless = context.apiVersion < 12 ? '' : null
      const topics = (request.topics ?? []).map(({ name, topicId }) =>
        refusedTopic({ name: name ?? nameless, id: topicId }, error.code),
      )
      const { brokers, clusterId, controllerId } = clusterPart(dependencies, context)
      return { brokers, clusterId, controllerId, topics, errorCode: error.code }
    },
  }
}

function whatIsAsked({ topics }: Request, version: number): readonly Asked[] | 'all' {
  if (topics === null || (version === 0 && topics.length === 0)) return 'all'
  if (version < 12 && topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID))
    throw new KafkaError('INVALID_REQUEST', `Topic ids are not supported in Metadata v${version} requests.`)
  // With one id in it the request is by id (apache/kafka `KafkaApis.handleTopicMetadataRequest`).
  const ids = topics.flatMap(({ topicId }) => (topicId === ZERO_UUID ? [] : [{ id: topicId }]))
  if (ids.length > 0) return ids
  return topics.flatMap(({ name }) => (name === null ? [] : [{ name }]))
}

function missingNames(asked: readonly Asked[], image: MetadataImage): string[] {
  const names = asked.flatMap((topic) =>
    'name' in topic && !image.topics.has(topic.name) ? [topic.name] : [],
  )
  return [...new Set(names)]
}

/** Creates topics of which only the names are known; gives the reason for each that was refused. */
async function createMissing(
  names: readonly string[],
  { controller, topicToCreate }: MetadataDependencies,
): Promise<ReadonlyMap<string, KafkaError>> {
  const results = await controller.createTopics(names.map(topicToCreate))
  const refused = new Map<string, KafkaError>()
  results.forEach((result, at) => {
    const name = names[at]
    // Somebody else was quicker: then the topic is there, and that is all that was wanted.
    if (result instanceof KafkaError && result.error !== 'TOPIC_ALREADY_EXISTS' && name !== undefined)
      refused.set(name, result)
  })
  return refused
}

function answer(
  request: Request,
  asked: readonly Asked[] | 'all',
  refused: ReadonlyMap<string, KafkaError>,
  context: RequestContext,
  dependencies: MetadataDependencies,
): Response {
  const { image } = dependencies.metadata
  const operations = request.includeTopicAuthorizedOperations ? allTopicOperations : NOT_ASKED
  const topics =
    asked === 'all'
      ? [...image.topics.values()].map((topic) => topicPart(topic, image, operations))
      : withoutDoubles(asked, image).map((topic) => askedTopic(topic, image, operations, refused))
  return {
    ...clusterPart(dependencies, context),
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? allClusterOperations
      : NOT_ASKED,
    errorCode: NONE,
  }
}

/** A topic asked for twice, or by name and by id, is answered once. */
function withoutDoubles(asked: readonly Asked[], image: MetadataImage): Asked[] {
  const seen = new Set<string>()
  return asked.filter((topic) => {
    const name = 'name' in topic ? topic.name : image.topicNamesById.get(topic.id)
    const key = name === undefined && 'id' in topic ? `id ${topic.id}` : `name ${name}`
    return !seen.has(key) && seen.add(key)
  })
}

function askedTopic(
  asked: Asked,
  image: MetadataImage,
  operations: number,
  refused: ReadonlyMap<string, KafkaError>,
): TopicAnswer {
  const topic = 'name' in asked ? image.topics.get(asked.name) : image.topicById(asked.id)
  if (topic !== undefined) return topicPart(topic, image, operations)
  if ('id' in asked) return refusedTopic({ name: null, id: asked.id }, errorCodes.UNKNOWN_TOPIC_ID)
  // What the client might do with the topic depends on its name alone.
  const reason = refused.get(asked.name) ?? missingTopic(asked.name)
  const missing = refusedTopic({ name: asked.name, id: ZERO_UUID }, reason.code)
  return { ...missing, topicAuthorizedOperations: operations }
}

function refusedTopic({ name, id }: { name: string | null; id: string }, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId: id, isInternal: name !== null && isInternalTopic(name), partitions: [] }
}

function topicPart(
  { name, id, partitions }: TopicImage,
  image: MetadataImage,
  operations: number,
): TopicAnswer {
  return {
    errorCode: NONE,
    name,
    topicId: id,
    isInternal: isInternalTopic(name),
    partitions: partitions.map((partition, index) => describedPartition(partition, index, image)),
    topicAuthorizedOperations: operations,
  }
}

function clusterPart(
  { metadata: { image }, endpoints }: MetadataDependencies,
  context: RequestContext,
): Pick<Response, 'brokers' | 'clusterId' | 'controllerId'> {
  return {
    brokers: [...image.brokers.values()].map((broker) => ({
      nodeId: broker.id,
      ...endpoints.of(broker, context.connection),
      rack: broker.rack,
    })),
    clusterId: image.clusterId,
    // Any broker takes admin requests, so each may call itself the controller.
    controllerId: endpoints.nodeId,
  }
}
