import type { ClusterMetadata } from '../../../replication/cluster-metadata.ts'
import type { Controller } from '../../../replication/controller.ts'
import type { TopicImage } from '../../../replication/metadata/image.ts'
import { KafkaError } from '../../../wire/errors.ts'
import type { BrokerConfigs } from '../../configs/broker-configs.ts'

export interface DeadLetterTopicsParts {
  readonly metadata: ClusterMetadata
  readonly configs: BrokerConfigs
  readonly makeTopic: (name: string) => Promise<void>
}

/**
 * Which topic may take dead letters: one that says so itself, by a name that the operator allows. A missing one is made,
 * if the operator lets that happen. Source: apache/kafka `ShareGroupDLQStateManager.validateDlqTopic`.
 */
export class DeadLetterTopics {
  constructor(private readonly parts: DeadLetterTopicsParts) {}

  /** The topic with its leaders in place. Rejects with INVALID_CONFIG, or with what keeps it from being made. */
  async require(name: string): Promise<TopicImage> {
    const { metadata, makeTopic } = this.parts
    this.#requireAllowed(name)
    if (!metadata.image.topics.has(name)) await makeTopic(name)
    const topic = metadata.image.topics.get(name)
    // Deleted again at once.
    if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${name} is gone.`)
    return topic
  }

  #requireAllowed(name: string): void {
    const { metadata, configs } = this.parts
    const { autoCreate, namePrefix } = configs.current().share.deadLetters
    if (name === '') throw refusal('The group has no dead-letter topic any more.')
    if (name.startsWith('__')) throw refusal(`The name ${name} begins with "__".`)
    if (metadata.image.topics.has(name)) {
      if (!configs.topic(name).takesDeadLetters)
        throw refusal(`Topic ${name} does not have errors.deadletterqueue.group.enable.`)
    } else if (!autoCreate) {
      throw refusal(`Topic ${name} does not exist, and is not to be made.`)
    }
    if (!name.startsWith(namePrefix)) throw refusal(`The name ${name} does not begin with "${namePrefix}".`)
  }
}

/** Rejects with the KafkaError that refuses it. Source: `ShareGroupDLQStateManager.createTopicBuilder`. */
export async function makeDeadLetterTopic(name: string, controller: Controller): Promise<void> {
  const [result] = await controller.createTopics([
    {
      name,
      partitionCount: -1,
      replicationFactor: -1,
      assignments: null,
      configs: new Map([
        ['errors.deadletterqueue.group.enable', 'true'],
        ['message.timestamp.type', 'CreateTime'],
      ]),
    },
  ])
  if (result instanceof KafkaError && result.error !== 'TOPIC_ALREADY_EXISTS') throw result
}

function refusal(message: string): KafkaError {
  return new KafkaError('INVALID_CONFIG', message)
}
