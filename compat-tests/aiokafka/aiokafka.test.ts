import { classicGroupsOnly, known, knownCases, noShareGroups } from '../foreign/known-cases.ts'
import { pythonClient } from '../foreign/python-client.ts'

pythonClient('aiokafka', {
  lacks: {
    cooperative: 'its assignors are eager',
    ...classicGroupsOnly,
    ...noShareGroups,
  },
  cases: {
    byRange: knownCases.range,
    ...known(
      'codecs',
      'idempotence',
      'acks',
      'headers',
      'largeMessages',
      'timestamps',
      'transactions',
      'chain',
      'roundRobin',
      'sticky',
      'staticMembers',
      'commits',
      'adminTopics',
      'adminRecords',
    ),
    adminConfigs: ['admin', 'an admin describes and replaces configs'],
    adminGroups: ['admin', 'an admin describes and lists groups and their offsets'],
    adminCluster: ['admin', 'an admin describes the cluster'],
  },
})
