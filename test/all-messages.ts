import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apis } from '../src/wire/catalog.ts'
import { requestHeader, responseHeader } from '../src/wire/header.ts'
import { abortedTxn } from '../src/wire/messages/aborted-txn.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../src/wire/messages/consumer-protocol.ts'
import { controlRecordType, endTxnMarker } from '../src/wire/messages/control-record.ts'
import { CoordinatorRecord } from '../src/wire/messages/coordinator-record.ts'
import { producerSnapshot } from '../src/wire/messages/producer-snapshot.ts'
import type { FieldSpec, FieldType, NamedSpec } from '../src/wire/schema/field.ts'
import { absentValue, isPresent, type Layout } from '../src/wire/schema/layout.ts'
import type { Message } from '../src/wire/schema/message.ts'

export type AnyMessage = Message<unknown, unknown>
export type AnyRecord = CoordinatorRecord<unknown, unknown, unknown, unknown>

const recordFolders = ['group-coordinator', 'share-coordinator', 'transaction-coordinator']

/** Every record of a coordinator's topic, found by looking into the folders. */
export const coordinatorRecords: readonly AnyRecord[] = (
  await Promise.all(recordFolders.map(readRecords))
).flat()

/** Every declared message. */
export const allMessages: readonly AnyMessage[] = [
  ...apis.flatMap((api) => [api.request, api.response]),
  requestHeader,
  responseHeader,
  consumerProtocolSubscription,
  consumerProtocolAssignment,
  controlRecordType,
  endTxnMarker,
  producerSnapshot,
  abortedTxn,
  ...coordinatorRecords.flatMap((record) => [record.key, record.value]),
]

export function versionsOf(message: AnyMessage): number[] {
  return Array.from(
    { length: message.maxVersion - message.minVersion + 1 },
    (_, index) => message.minVersion + index,
  )
}

/** The decoded form of a value that was made for one version: what the version doesn't have reads as default. */
export function completed(fields: readonly NamedSpec[], layout: Layout, value: object): object {
  const given = new Map(Object.entries(value))
  return Object.fromEntries(
    fields.map((field) => {
      const part: unknown = given.get(field.name)
      const isThere = isPresent(field, layout) && part !== undefined
      return [field.name, isThere ? completedValue(field.type, layout, part) : absentValue(field)]
    }),
  )
}

function completedValue(type: FieldType, layout: Layout, value: unknown): unknown {
  if (type.kind === 'array' && Array.isArray(value))
    return value.map((item: unknown) => completedValue(type.element, layout, item))
  if (type.kind === 'struct' && typeof value === 'object' && value !== null)
    return completed(type.fields, layout, value)
  if (type.kind === 'uuid' && typeof value === 'string')
    return Buffer.from(value, 'base64url').toString('base64url')
  return value
}

/** The form that an encoder takes: record batches of responses as lists of buffers. */
export function encodable(fields: readonly NamedSpec[], value: object): object {
  const given = new Map(Object.entries(value))
  return Object.fromEntries(
    fields
      .filter((field) => given.has(field.name))
      .map((field) => [field.name, encodableValue(field, given.get(field.name))]),
  )
}

function encodableValue(spec: Pick<FieldSpec, 'type'>, value: unknown): unknown {
  const { type } = spec
  if (type.kind === 'recordChunks' && value !== null) return [value]
  if (type.kind === 'array' && Array.isArray(value))
    return value.map((item: unknown) => encodableValue({ type: type.element }, item))
  if (type.kind === 'struct' && typeof value === 'object' && value !== null)
    return encodable(type.fields, value)
  return value
}

async function readRecords(folder: string): Promise<AnyRecord[]> {
  const path = fileURLToPath(new URL(`../src/wire/messages/${folder}/`, import.meta.url))
  const modules: unknown[] = await Promise.all(
    readdirSync(path)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => import(`../src/wire/messages/${folder}/${file}`)),
  )
  return modules
    .flatMap((module) => (typeof module === 'object' && module !== null ? Object.values(module) : []))
    .filter((value) => value instanceof CoordinatorRecord)
}
