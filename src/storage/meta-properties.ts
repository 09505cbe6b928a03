/**
 * `meta.properties` at the root of a data directory: which broker of which cluster it belongs to. Version 1:
 * `version`, `cluster.id`, `node.id`, `directory.id`.
 *
 * Source: apache/kafka `MetaProperties.java`.
 */
import type { Disk } from '../runtime/disk.ts'
import type { Random } from '../runtime/random.ts'

export const META_PROPERTIES_FILE = 'meta.properties'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

export function encodeMetaProperties({ clusterId, nodeId, directoryId }: MetaProperties): string {
  const lines = [`cluster.id=${clusterId}`, `directory.id=${directoryId}`, `node.id=${nodeId}`, 'version=1']
  return `${lines.join('\n')}\n`
}

/** What the file says; nothing for what it doesn't. Throws `Error` for a version that isn't known. */
export function decodeMetaProperties(text: string): Partial<MetaProperties> {
  const found = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!=:\s]+)\s*[=:]\s*(.*?)\s*$/.exec(line)
    // The format's own escape; Kafka writes it before the colons and equals signs of values.
    if (match?.[1] !== undefined) found.set(match[1], (match[2] ?? '').replace(/\\(.)/g, '$1'))
  }
  const version = found.get('version') ?? '1'
  if (version !== '1' && version !== '0')
    throw new Error(`${META_PROPERTIES_FILE}: version ${version} is not known`)
  const clusterId = found.get('cluster.id')
  const nodeId = found.get('node.id') ?? found.get('broker.id')
  const directoryId = found.get('directory.id')
  return {
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(nodeId === undefined ? {} : { nodeId: Number(nodeId) }),
    ...(directoryId === undefined ? {} : { directoryId }),
  }
}

/**
 * Makes the directory the node's, or finds that it is. Throws `Error` if it belongs to another node or cluster: data of
 * one cluster must not turn up in another.
 */
export function claimDirectory(
  runtime: { readonly disk: Disk; readonly random: Random },
  nodeId: number,
  clusterId: string | undefined,
): MetaProperties {
  const text = runtime.disk.readWhole(META_PROPERTIES_FILE)?.toString('utf8')
  const found = text === undefined ? {} : decodeMetaProperties(text)
  if (found.nodeId !== undefined && found.nodeId !== nodeId)
    throw new Error(`The data directory belongs to node ${found.nodeId}, not to node ${nodeId}`)
  if (found.clusterId !== undefined && clusterId !== undefined && found.clusterId !== clusterId)
    throw new Error(`The data directory belongs to cluster ${found.clusterId}, not to cluster ${clusterId}`)
  const properties = {
    clusterId: clusterId ?? found.clusterId ?? randomId(runtime.random),
    nodeId,
    directoryId: found.directoryId ?? randomId(runtime.random),
  }
  const isComplete = Object.keys(found).length === Object.keys(properties).length
  if (!isComplete) runtime.disk.replaceWhole(META_PROPERTIES_FILE, encodeMetaProperties(properties))
  return properties
}

/** A random uuid (version 4) in Kafka's form: 22 characters of base64url. */
function randomId(random: Random): string {
  const bytes = random.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('base64url')
}
