/**
 * Kafka's names for the folders and files of a log (apache/kafka, `LogFileUtils.java`, `UnifiedLog.java`):
 * `<topic>-<partition>/<20-digit offset>.log` and so on.
 */
export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX] as const
/** The files of a segment. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, ...INDEX_SUFFIXES] as const
export const SNAPSHOT_SUFFIX = '.snapshot'
/** Added to files that are to be unlinked. */
export const DELETED_SUFFIX = '.deleted'
/** Added by compaction to a file that is being written, and to one that is whole and about to replace others. */
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
/** At the end of a folder that is to be removed. */
export const DELETED_FOLDER_SUFFIX = '-delete'
export const STRAY_FOLDER_SUFFIX = '-stray'

export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint'
export const PARTITION_METADATA_FILE = 'partition.metadata'

/** KRaft's own log, which Kafka keeps among the others. */
export const METADATA_TOPIC = '__cluster_metadata'

const OFFSET_DIGITS = 20
const LONGEST_FOLDER_NAME = 255

export function offsetFileName(offset: number, suffix: string): string {
  return `${String(offset).padStart(OFFSET_DIGITS, '0')}${suffix}`
}

/** The offset in the name of a log's file, and what comes after; `undefined` for other files. */
export function parseOffsetFileName(name: string): { offset: number; suffix: string } | undefined {
  const match = /^(\d{20})(\..+)$/.exec(name)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const offset = Number(match[1])
  return Number.isSafeInteger(offset) ? { offset, suffix: match[2] } : undefined
}

export function folderName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Topic and partition in the name of a folder; `undefined` if it isn't a log's. */
export function parseFolderName(name: string): { topic: string; partition: number } | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { topic: match[1], partition: Number(match[2]) }
}

/** The name of a folder on its way out: `<topic>-<partition>.<unique>-delete`, cut so that every file system takes it. */
export function deletedFolderName(topic: string, partition: number, unique: string): string {
  return foldedName(topic, `-${partition}.${unique}${DELETED_FOLDER_SUFFIX}`)
}

/** The name of a folder that is set aside: `<topic>-<partition>.<unique>-stray`. */
export function strayFolderName(topic: string, partition: number, unique: string): string {
  return foldedName(topic, `-${partition}.${unique}${STRAY_FOLDER_SUFFIX}`)
}

function foldedName(topic: string, suffix: string): string {
  return `${topic.slice(0, LONGEST_FOLDER_NAME - suffix.length)}${suffix}`
}
