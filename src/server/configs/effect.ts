/** Which configs do something in Odradek: those that the typed views read, and those that stand in for them. */
import { type ReadConfig, readBrokerConfig } from './broker-config.ts'
import { readConsumerGroupConfig } from './consumer-group-config.ts'
import type { ConfigDefinition } from './definition.ts'
import { groupSynonym } from './group-table.ts'
import { readShareGroupConfig } from './share-group-config.ts'
import { readStreamsGroupConfig } from './streams-group-config.ts'
import { readTopicConfig } from './topic-config.ts'
import { topicSynonyms } from './topic-table.ts'

let known: { broker: ReadonlySet<string>; topic: ReadonlySet<string>; group: ReadonlySet<string> } | undefined

export function brokerConfigHasEffect(name: string): boolean {
  return effective().broker.has(name)
}

export function topicConfigHasEffect(name: string): boolean {
  return effective().topic.has(name)
}

/** A group's own config acts where the broker config that it overrides does. */
export function groupConfigHasEffect(name: string): boolean {
  return effective().group.has(name) || brokerConfigHasEffect(groupSynonym(name) ?? name)
}

/** The documentation that DescribeConfigs gives. */
export function documentationOf(definition: ConfigDefinition, hasEffect: boolean): string {
  return hasEffect
    ? definition.documentation
    : `${definition.documentation} Accepted; has no effect in Odradek.`
}

function effective() {
  if (known !== undefined) return known
  const broker = new Set(['broker.id'])
  const topic = new Set<string>()
  readBrokerConfig((definition) => {
    broker.add(definition.name)
    return definition.read(null)
  })
  readTopicConfig((definition) => {
    topic.add(definition.name)
    for (const synonym of topicSynonyms(definition.name)) broker.add(synonym.name)
    return definition.read(null)
  })
  const group = new Set<string>()
  const ofGroups: ReadConfig = (definition) => {
    group.add(definition.name)
    const synonym = groupSynonym(definition.name)
    if (synonym !== undefined) broker.add(synonym)
    return definition.read(null)
  }
  readConsumerGroupConfig(ofGroups)
  readShareGroupConfig(ofGroups)
  readStreamsGroupConfig(ofGroups)
  known = { broker, topic, group }
  return known
}
