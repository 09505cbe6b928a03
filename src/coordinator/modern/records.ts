import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { MemberState, ModernCurrent, ModernRecord } from './group.ts'

/** What the records that all kinds of modern groups have are in the log; each kind has its own messages for them. */
export interface ModernRecordFormat<Metadata, Assigned, Target> {
  readonly member: MemberRecordFormat<Metadata>
  readonly target: MemberRecordFormat<Target>
  readonly current: MemberRecordFormat<ModernCurrent<Assigned>>
  readonly targetEpoch: TargetEpochMessage
}

interface MemberRecordFormat<Value> {
  readonly message: KeyedMessage<{ readonly groupId: string; readonly memberId: string }>
  encode(value: Value): Buffer
  /** Throws a `WireError` if the bytes are no such value. */
  decode(bytes: Buffer): Value
}

interface KeyedMessage<Key> {
  readonly type: number
  encodeKey(key: Key): Buffer
  decodeKey(bytes: Buffer): Key
}

interface TargetEpochMessage extends KeyedMessage<{ readonly groupId: string }> {
  encodeValue(value: TargetEpoch, version: number): Buffer
  decodeValue(bytes: Buffer): TargetEpoch
}

interface TargetEpoch {
  readonly assignmentEpoch: number
  readonly assignmentTimestamp: number
}

const VERSION = 0

export function modernRecordTypes({
  member,
  target,
  current,
  targetEpoch,
}: ModernRecordFormat<unknown, unknown, unknown>): number[] {
  return [member.message.type, target.message.type, current.message.type, targetEpoch.type]
}

export function encodeModernRecord<Metadata, Assigned, Target>(
  format: ModernRecordFormat<Metadata, Assigned, Target>,
  groupId: string,
  record: ModernRecord<Metadata, Assigned, Target>,
): CoordinatorRecord {
  switch (record.kind) {
    case 'member':
      return encodeOfMember(format.member, groupId, record.memberId, record.value)
    case 'target':
      return encodeOfMember(format.target, groupId, record.memberId, record.value)
    case 'current':
      return encodeOfMember(format.current, groupId, record.memberId, record.value)
    case 'target-epoch': {
      const key = format.targetEpoch.encodeKey({ groupId })
      if (record.value === null) return { key, value: null }
      const { epoch, timestampMs } = record.value
      const value = { assignmentEpoch: epoch, assignmentTimestamp: timestampMs }
      return { key, value: format.targetEpoch.encodeValue(value, VERSION) }
    }
  }
}

function encodeOfMember<Value>(
  { message, encode }: MemberRecordFormat<Value>,
  groupId: string,
  memberId: string,
  value: Value | null,
): CoordinatorRecord {
  return { key: message.encodeKey({ groupId, memberId }), value: value === null ? null : encode(value) }
}

/** Reads one of these records back. Throws a `WireError` if it is not what its key says. */
export function parseModernRecord<Metadata, Assigned, Target>(
  format: ModernRecordFormat<Metadata, Assigned, Target>,
  type: number,
  { key, value }: CoordinatorRecord,
): { readonly groupId: string; readonly record: ModernRecord<Metadata, Assigned, Target> } {
  const { member, target, current, targetEpoch } = format
  switch (type) {
    case member.message.type: {
      const { groupId, memberId } = member.message.decodeKey(key)
      return { groupId, record: { kind: 'member', memberId, value: value && member.decode(value) } }
    }
    case target.message.type: {
      const { groupId, memberId } = target.message.decodeKey(key)
      return { groupId, record: { kind: 'target', memberId, value: value && target.decode(value) } }
    }
    case targetEpoch.type: {
      const { groupId } = targetEpoch.decodeKey(key)
      if (value === null) return { groupId, record: { kind: 'target-epoch', value } }
      const { assignmentEpoch, assignmentTimestamp } = targetEpoch.decodeValue(value)
      const made = { epoch: assignmentEpoch, timestampMs: assignmentTimestamp }
      return { groupId, record: { kind: 'target-epoch', value: made } }
    }
    default: {
      const { groupId, memberId } = current.message.decodeKey(key)
      return { groupId, record: { kind: 'current', memberId, value: value && current.decode(value) } }
    }
  }
}

const states: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased']
const UNKNOWN_CODE = 127

/** The codes of members' states count from `first` on. */
export function stateCode(state: MemberState, first: number): number {
  return state === 'unknown' ? UNKNOWN_CODE : first + states.indexOf(state)
}

export function stateOfCode(code: number, first: number): MemberState {
  return states[code - first] ?? 'unknown'
}
