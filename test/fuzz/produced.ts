/** What producers send: sound batches and message sets, and ones that are broken in every way that is known. */
import { type CodecName, codecNames, compress } from '../../src/wire/compression/codec.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { buildBatch, type NewBatch, type NewRecord } from '../../src/wire/records/batch-builder.ts'
import { BATCH_HEADER_BYTES, CRC_START } from '../../src/wire/records/batch-header.ts'
import { buildMessageSet } from '../../src/wire/records/message-set-builder.ts'
import type { Chance } from './chance.ts'
import type { Acquaintance, Fact } from './learnt.ts'

/** A megabyte of zeros in each codec, made once: a bomb small enough to be sent often. */
const bombs = new Map<CodecName, Buffer>()
const BOMB_BYTES = 1024 * 1024

/** Puts the size and the CRC of a batch right. */
export function resealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch, CRC_START), 17)
  return batch
}

/** A batch's header in front of any bytes, marked as compressed with a codec, its count and CRC as told. */
export function forgedBatch(records: Buffer, codec: number, count = 1): Buffer {
  const header = Buffer.from(buildBatch({ records: [{ timestamp: 0n }] }).subarray(0, BATCH_HEADER_BYTES))
  header.writeInt16BE(codec, 21)
  header.writeInt32BE(count - 1, 23)
  header.writeInt32BE(count, 57)
  return resealed(Buffer.concat([header, records]))
}

export function bomb(codec: CodecName): Buffer {
  let packed = bombs.get(codec)
  if (packed === undefined) {
    packed = compress(codec, Buffer.alloc(BOMB_BYTES))
    bombs.set(codec, packed)
  }
  return packed
}

/** The records field of a Produce request; of a producer that is known, if it is about one. */
export function producedRecords(chance: Chance, version: number, about: Acquaintance): Buffer | null {
  if (chance.once(40)) return chance.pick([null, Buffer.alloc(0), chance.bytes(chance.below(200))])
  if (version < 3 && !chance.once(10)) return messageSet(chance)
  const producerId = about.get('producer')?.[0]
  if (typeof producerId === 'number' && !chance.once(4)) return knownBatch(chance, producerId, about)
  const batch = soundBatch(chance)
  return chance.once(3) ? batch : broken(chance, batch)
}

function records(chance: Chance): NewRecord[] {
  const payload = () => (chance.once(10) ? null : chance.bytes(chance.once(20) ? 2000 : chance.below(40)))
  return Array.from({ length: chance.between(1, 4) }, () => ({
    timestamp: chance.pick([-1n, 0n, 1_700_000_000_000n, 2n ** 62n]),
    key: payload(),
    value: payload(),
    headers: chance.once(4) ? [{ key: 'h', value: payload() }] : [],
  }))
}

function soundBatch(chance: Chance): Buffer {
  const options: Partial<NewBatch>[] = [
    {},
    {},
    { producerId: chance.below(4), producerEpoch: chance.below(2), baseSequence: chance.below(3) },
    { producerId: 1, producerEpoch: 0, baseSequence: 2147483647 },
    { producerId: Number.MAX_SAFE_INTEGER, producerEpoch: 32767, baseSequence: 2147483646 },
    { transactional: true, producerId: 2, producerEpoch: 0, baseSequence: 0 },
    { control: true },
  ]
  return buildBatch({
    records: records(chance),
    codec: chance.once(2) ? 'none' : chance.pick(codecNames),
    ...chance.pick(options),
  })
}

/** What a producer sends that is in a transaction, or would be. */
function knownBatch(chance: Chance, producerId: number, about: Acquaintance): Buffer {
  const number = (fact: Fact | undefined) => (typeof fact === 'number' ? fact : 0)
  return buildBatch({
    records: records(chance),
    producerId: Math.max(producerId, -1),
    producerEpoch: Math.min(Math.max(number(about.get('producerEpoch')?.[0]), -1), 32767),
    baseSequence: chance.pick([0, 0, 1, 2, 3, 4]),
    transactional: about.has('transaction') && !chance.once(4),
  })
}

type Break = (batch: Buffer, chance: Chance) => Buffer

const breaks: readonly Break[] = [
  // The CRC is wrong.
  (batch) => changed(batch, () => batch.writeUInt32BE((batch.readUInt32BE(17) ^ 1) >>> 0, 17)),
  // Any magic.
  (batch, chance) => changed(batch, () => batch.writeInt8(chance.pick([-1, 0, 1, 3, 127]), 16)),
  // The length lies.
  (batch, chance) =>
    changed(batch, () => batch.writeInt32BE(chance.pick([-1, 0, 14, 49, 60, batch.length, 2147483647]), 8)),
  // The count lies, CRC right.
  (batch, chance) => {
    const count = chance.pick([-1, 0, 2, 5, 100_000, 2147483647])
    batch.writeInt32BE(count, 57)
    if (chance.once(2)) batch.writeInt32BE(count - 1, 23)
    return resealed(batch)
  },
  // Any attributes: unknown codecs, control, transactional; CRC right.
  (batch, chance) => {
    batch.writeInt16BE(chance.between(-32768, 32767), 21)
    return resealed(batch)
  },
  // A byte anywhere, CRC right.
  (batch, chance) => {
    const at = chance.between(CRC_START, batch.length - 1)
    batch.writeUInt8(chance.below(256), at)
    return resealed(batch)
  },
  // Cut short.
  (batch, chance) => batch.subarray(0, chance.below(batch.length)),
  // Cut short within its records, size and CRC right.
  (batch, chance) => resealed(Buffer.from(batch.subarray(0, chance.between(61, batch.length)))),
  // Two in one, or half a one behind.
  (batch, chance) => Buffer.concat([batch, batch.subarray(0, chance.below(batch.length + 1))]),
  // Compressed data that isn't, or is broken.
  (_batch, chance) =>
    forgedBatch(chance.bytes(chance.below(100)), chance.between(0, 7), chance.between(1, 3)),
  (batch, chance) => {
    const codec = chance.pick(codecNames)
    const packed = compress(codec, batch.subarray(BATCH_HEADER_BYTES))
    if (packed.length > 0) packed.writeUInt8(chance.below(256), chance.below(packed.length))
    return forgedBatch(packed, codecNames.indexOf(codec))
  },
  // A bomb, and a record that tells it is as long as the bomb.
  (_batch, chance) => {
    const codec = chance.pick(codecNames)
    return forgedBatch(codec === 'none' ? Buffer.alloc(100) : bomb(codec), codecNames.indexOf(codec))
  },
  // A record's length, or that of a part of it, is absurd.
  (_batch, chance) =>
    forgedBatch(Buffer.from([chance.below(256), chance.below(256), 0xff, 0xff, 0xff, 0xff, 0x0f, 0]), 0),
]

function broken(chance: Chance, batch: Buffer): Buffer {
  return chance.pick(breaks)(batch, chance)
}

function messageSet(chance: Chance): Buffer {
  const magic = chance.pick([0, 1] as const)
  const set = buildMessageSet({
    magic,
    records: records(chance).map(({ timestamp = 0n, key = null, value = null }, offset) => ({
      offset,
      timestamp,
      key,
      value,
      headers: [],
    })),
    codec: chance.pick(['none', 'none', 'gzip', 'snappy', 'lz4']),
  })
  if (chance.once(3)) return set
  if (chance.once(3)) return set.subarray(0, chance.below(set.length))
  set.writeUInt8(chance.below(256), chance.below(set.length))
  return set
}

function changed(batch: Buffer, change: () => void): Buffer {
  change()
  return batch
}
