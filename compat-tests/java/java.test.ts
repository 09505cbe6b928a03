import { known } from '../foreign/known-cases.ts'
import { kafkaClients } from './kafka-clients.ts'

kafkaClients('Checks', '4', {
  ...known('chain', 'range', 'cooperative'),
  headers: ['headers', 'records arrive with headers, timestamps, nulls and the leader epoch'],
  codecs: ['codecs', 'batches of every codec are read from topics of every compression.type'],
  manyBatches: [
    'idempotence',
    'an idempotent producer with five requests under way writes twenty thousand records in order',
  ],
  refused: [
    'large messages',
    'records that are too large, or keyless on a compacted topic, are refused by name',
  ],
  commits: ['groups', 'commits come back with metadata and leader epoch, and the group goes on there'],
  positions: [
    'timestamps',
    'a consumer seeks, knows its lag, resets when out of range and finds offsets by time',
  ],
  adminTopics: ['admin', 'an admin creates, grows, describes and deletes topics by name and by id'],
  adminCluster: ['admin', 'an admin describes the cluster and its log directories'],
  adminConfigs: ['admin', 'an admin describes and alters configs'],
  adminOffsets: ['admin', 'an admin lists offsets of every kind and deletes records'],
  adminGroups: ['admin', 'an admin lists, describes and deletes groups and their offsets'],
  transactions: ['transactions', 'what is committed is read, in order, and what is aborted never is'],
  fencing: ['transactions', 'a producer that takes over the transactional id fences the one before'],
  adminTransactions: ['transactions', 'an admin describes, lists and fences transactions'],
})
