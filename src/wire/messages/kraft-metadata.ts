/**
 * Records of KRaft's metadata log (`__cluster_metadata`), as far as they matter to whoever takes over a data folder: which
 * topics there were, and what was configured. In front of each stand, as unsigned varints, the version of that frame (1),
 * the record's key, which tells its kind, and its version.
 *
 * Records between a begin and its abort don't count (KIP-868).
 * Source: apache/kafka `metadata/src/main/resources/common/metadata/`, `MetadataRecordSerde.java`.
 */
import { int8, string, uuid } from '../schema/field.ts'
import { type DecodedOf, message } from '../schema/message.ts'

const topicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { name: string, topicId: uuid },
})

const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { topicId: uuid },
})

/** `resourceType` is one of `ConfigResource.Type`; without a value the config is taken back. */
const configRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { resourceType: int8, resourceName: string, name: string, value: string.nullable() },
})

export type KraftRecord =
  | { readonly kind: 'topic'; readonly body: DecodedOf<typeof topicRecord> }
  | { readonly kind: 'topic removed'; readonly body: DecodedOf<typeof removeTopicRecord> }
  | { readonly kind: 'config'; readonly body: DecodedOf<typeof configRecord> }
  | { readonly kind: 'transaction begins' | 'transaction ends' | 'transaction is aborted' }

const FRAME_BYTES = 3
const FRAME_VERSION = 1
const KNOWN_VERSION = 0

/** `undefined` for kinds and versions that are of no interest here. Throws WireError when the bytes aren't what they say. */
export function decodeKraftRecord(bytes: Buffer): KraftRecord | undefined {
  // All of Kafka's keys and versions fit into one byte; a longer varint is something that nobody knows yet.
  if (bytes.length < FRAME_BYTES || bytes[0] !== FRAME_VERSION || bytes[2] !== KNOWN_VERSION) return undefined
  switch (bytes[1]) {
    case 2:
      return { kind: 'topic', body: topicRecord.decode(bytes, KNOWN_VERSION, FRAME_BYTES) }
    case 4:
      return { kind: 'config', body: configRecord.decode(bytes, KNOWN_VERSION, FRAME_BYTES) }
    case 9:
      return { kind: 'topic removed', body: removeTopicRecord.decode(bytes, KNOWN_VERSION, FRAME_BYTES) }
    case 23:
      return { kind: 'transaction begins' }
    case 24:
      return { kind: 'transaction ends' }
    case 25:
      return { kind: 'transaction is aborted' }
    default:
      return undefined
  }
}
