import { classicGroupsOnly, known, knownCases, noShareGroups } from '../foreign/known-cases.ts'
import { pythonClient } from '../foreign/python-client.ts'

pythonClient('kafka-python', {
  lacks: { ...classicGroupsOnly, ...noShareGroups },
  cases: {
    byRange: knownCases.range,
    ...known(
      'codecs',
      'idempotence',
      'acks',
      'headers',
      'largeMessages',
      'transactions',
      'chain',
      'roundRobin',
      'sticky',
      'cooperative',
      'staticMembers',
      'adminTopics',
      'adminRecords',
    ),
    timestamps: ['timestamps', 'offsets are found by time, the largest time among them'],
    commits: ['groups', 'commits come back with metadata, and the group goes on there'],
    adminConfigs: ['admin', 'an admin describes and alters configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminTransactions: ['admin', 'an admin describes transactions and producers'],
    adminCluster: ['admin', 'an admin describes the cluster, log directories, features and the quorum'],
  },
})
