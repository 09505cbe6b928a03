/** What programs in several languages show in the same words: cases of one name are the same case. */
import type { Feature } from './features.ts'

type Case = readonly [Feature, string]

export const knownCases = {
  codecs: ['codecs', 'batches of every codec lie side by side'],
  idempotence: [
    'idempotence',
    'an idempotent producer writes two thousand records in small batches once and in order',
  ],
  acks: ['other', 'records are written with acks 0, 1 and all'],
  headers: ['headers', 'headers, timestamp and nulls come back as they were'],
  largeMessages: [
    'large messages',
    'five mebibytes in a record pass where allowed, five kilobytes are refused where not',
  ],
  timestamps: ['timestamps', 'offsets are found by time'],
  transactions: [
    'transactions',
    'what is committed is read, in order, and what is aborted only by uncommitted readers',
  ],
  chain: ['transactions', 'offsets are committed with what was made of the records, or not at all'],
  range: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
  roundRobin: ['groups', 'the same by roundrobin'],
  sticky: ['groups', 'the same by sticky'],
  cooperative: ['cooperative', 'the same by cooperative-sticky'],
  staticMembers: ['static members', 'a static member that comes back finds its partition'],
  commits: ['groups', 'a group goes on where it has committed'],
  consumerProtocol: [
    'consumer protocol',
    'members of a consumer group share partitions, assigned by uniform',
  ],
  consumerProtocolRange: ['consumer protocol', 'the same, assigned by range'],
  adminTopics: ['admin', 'an admin creates, grows, describes and deletes topics'],
  adminRecords: ['admin', 'an admin deletes records'],
} as const satisfies Record<string, Case>

type KnownCase = keyof typeof knownCases

/** Why a client has no cases of a feature, where several have none. */
export const classicGroupsOnly = { 'consumer protocol': 'its groups speak the classic protocol alone' }
export const noShareGroups = { 'share groups': 'it has none' }

/**
 * The cases of these names.
 *
 * @example
 * cases: { ...known('codecs', 'range'), adminConfigs: ['admin', 'an admin describes configs'] }
 */
export function known(...names: readonly KnownCase[]): Record<string, Case> {
  return Object.fromEntries(names.map((name) => [name, knownCases[name]]))
}
