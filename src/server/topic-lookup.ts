/** What a handler must know of topics to tell what exists. */
export interface TopicLookup {
  /** Id of the topic that has this name now. */
  topicId(name: string): string | undefined
  /** Name of the topic with this id; nothing for the zero id. */
  topicName(topicId: string): string | undefined
  partitionCount(name: string): number | undefined
}
