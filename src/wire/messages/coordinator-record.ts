/**
 * A record of a coordinator's topic. Its key has the record type in front, as an int16 where other messages have
 * their version; its value has its version there. A record without a value deletes what its key stands for.
 *
 * Source: apache/kafka `CoordinatorRecordSerde.java`; KIP-915 (values grow by tagged fields only).
 */
import type { DecodedFields, EncodableFields, Fields } from '../schema/field.ts'
import { Message } from '../schema/message.ts'
import {
  decodeVersioned,
  encodeVersioned,
  readVersion,
  VERSION_BYTES,
  withVersion,
} from '../schema/versioned.ts'
import { WireError } from '../wire-error.ts'

/** Keys have had one version only; a change would be a new record type. */
const KEY_VERSION = 0

export interface CoordinatorRecordDeclaration<K extends Fields, V extends Fields> {
  readonly type: number
  readonly name: string
  /** First and last version of the value, inclusive. */
  readonly versions: readonly [number, number]
  /** First flexible version of the value. */
  readonly flexible?: number
  readonly key: K
  readonly value: V
}

export class CoordinatorRecord<KD, KE, VD, VE> {
  readonly type: number
  readonly name: string
  readonly key: Message<KD, KE>
  readonly value: Message<VD, VE>

  constructor(type: number, name: string, key: Message<KD, KE>, value: Message<VD, VE>) {
    this.type = type
    this.name = name
    this.key = key
    this.value = value
  }

  encodeKey(key: KE): Buffer {
    return withVersion(this.key.encode(key, KEY_VERSION), this.type)
  }

  /** Throws WireError when the bytes are no key of this type. */
  decodeKey(bytes: Buffer): KD {
    const type = readRecordType(bytes)
    if (type !== this.type)
      throw new WireError(`${this.name} is record type ${this.type}, the key says ${type}`)
    return this.key.decode(bytes, KEY_VERSION, VERSION_BYTES)
  }

  encodeValue(value: VE, version: number): Buffer {
    return encodeVersioned(this.value, value, version)
  }

  /** Throws WireError when the bytes are no value of a known version. */
  decodeValue(bytes: Buffer): VD {
    return decodeVersioned(this.value, bytes)
  }
}

export function coordinatorRecord<K extends Fields, V extends Fields>(
  declaration: CoordinatorRecordDeclaration<K, V>,
): CoordinatorRecord<DecodedFields<K>, EncodableFields<K>, DecodedFields<V>, EncodableFields<V>> {
  const { type, name, versions } = declaration
  const flexible = declaration.flexible ?? Number.POSITIVE_INFINITY
  const key = { name: `${name}Key`, versions: [KEY_VERSION, KEY_VERSION], fields: declaration.key } as const
  const value = { name: `${name}Value`, versions, flexible, fields: declaration.value }
  return new CoordinatorRecord(type, name, new Message(key), new Message(value))
}

/** The record type in front of a key; which one decides how the rest is to be read. Throws WireError on fewer than two bytes. */
export function readRecordType(key: Buffer): number {
  return readVersion(key)
}
