import { pythonClient } from '../foreign/python-client.ts'

pythonClient('aiokafka', {
  lacks: {
    cooperative: 'its assignors are eager',
    'consumer protocol': 'its groups speak the classic protocol alone',
    'share groups': 'it has none',
  },
  cases: {
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
    byRange: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
    roundRobin: ['groups', 'the same by roundrobin'],
    sticky: ['groups', 'the same by sticky'],
    staticMembers: ['static members', 'a static member that comes back finds its partition'],
    commits: ['groups', 'a group goes on where it has committed'],
    adminTopics: ['admin', 'an admin creates, grows, describes and deletes topics'],
    adminConfigs: ['admin', 'an admin describes and replaces configs'],
    adminGroups: ['admin', 'an admin describes and lists groups and their offsets'],
    adminRecords: ['admin', 'an admin deletes records'],
    adminCluster: ['admin', 'an admin describes the cluster'],
  },
})
