/**
 * Finishes, or takes back, the replacing of segments that a crash has cut short.
 *
 * Source: apache/kafka `LogLoader.java` (load, removeTempFilesAndCollectSwapFiles).
 */
import { readLastOffset } from '../../wire/records/batch-header.ts'
import { walkFile } from '../batch-walk.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  parseOffsetFileName,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
} from '../file-names.ts'
import type { LogContext } from '../log-context.ts'

interface Found {
  readonly name: string
  readonly offset: number
  readonly suffix: string
}

/**
 * Returns what is wrong if it can't be done: a `.swap` that isn't whole, though it was synced before it was called so.
 * With nothing to do, nothing is touched.
 */
export function finishSwaps(context: LogContext, folder: string): string | undefined {
  const { disk } = context
  const files = filesIn(context, folder)
  const cleaned = files.filter(({ suffix }) => suffix.endsWith(CLEANED_SUFFIX))
  const firstCleaned = Math.min(...cleaned.map(({ offset }) => offset))
  const swaps: Found[] = []
  // Beside a `.cleaned` of the same segment nothing was decided yet.
  for (const file of files.filter(({ suffix }) => suffix.endsWith(SWAP_SUFFIX))) {
    if (file.offset >= firstCleaned) disk.remove(`${folder}/${file.name}`)
    else swaps.push(file)
  }
  for (const swap of swaps) {
    if (swap.suffix !== LOG_SUFFIX + SWAP_SUFFIX) continue
    const endOffset = endOf(context, `${folder}/${swap.name}`, swap.offset)
    if (endOffset === undefined) return `${folder}/${swap.name} is damaged`
    retireReplaced(context, folder, files, swap.offset, endOffset)
  }
  for (const { name } of swaps) {
    context.logger.info({ file: `${folder}/${name}` }, 'Finished a compaction that was cut short.')
    disk.rename(`${folder}/${name}`, `${folder}/${name.slice(0, -SWAP_SUFFIX.length)}`)
  }
  return undefined
}

function retireReplaced(
  context: LogContext,
  folder: string,
  files: readonly Found[],
  baseOffset: number,
  endOffset: number,
): void {
  const retired: string[] = []
  for (const { name, offset, suffix } of files) {
    const isReplaced = offset >= baseOffset && offset < endOffset && !suffix.slice(1).includes('.')
    // The state of the producers at the beginning is what it was.
    if (!isReplaced || (suffix === SNAPSHOT_SUFFIX && offset === baseOffset)) continue
    const path = `${folder}/${name}`
    context.disk.rename(path, path + DELETED_SUFFIX)
    retired.push(path + DELETED_SUFFIX)
  }
  context.removeLater(retired, 0)
}

/** The offset after the last batch; `undefined` if the file ends otherwise. */
function endOf(context: LogContext, path: string, baseOffset: number): number | undefined {
  const file = context.disk.open(path)
  try {
    let endOffset = baseOffset
    const sizeBytes = file.sizeBytes()
    const walkedTo = walkFile(file, 0, sizeBytes, (bytes, at) => {
      endOffset = readLastOffset(bytes, at) + 1
      return true
    })
    return walkedTo === sizeBytes ? endOffset : undefined
  } finally {
    file.close()
  }
}

function filesIn(context: LogContext, folder: string): Found[] {
  const found: Found[] = []
  for (const { name } of context.disk.list(folder)) {
    const parsed = parseOffsetFileName(name)
    if (parsed !== undefined) found.push({ name, ...parsed })
  }
  return found
}
