import { kafkaClients } from './kafka-clients.ts'

// Which methods there are is a matter of the release.
kafkaClients('AdminMethods', '4.4', {
  topics: ['admin', 'an admin makes, grows, lists and deletes topics and deletes records'],
  configs: ['admin', 'an admin alters, describes and lists configs of topics, groups and client metrics'],
  quotas: ['admin', 'an admin alters and describes client quotas'],
  credentials: ['admin', 'an admin alters and describes SCRAM credentials'],
  logDirs: ['admin', 'an admin describes log directories and moves no replica to one that there is not'],
  replicas: ['admin', 'an admin elects leaders and reassigns partitions, as far as one broker goes'],
  features: ['admin', 'an admin describes features and updates none beyond what is supported'],
  quorum: ['admin', 'an admin describes the quorum, whose voters stay'],
  nodes: ['admin', 'an admin describes the cluster and unregisters no node that there is not'],
  classicGroups: ['admin', 'an admin describes classic groups, removes members and offsets'],
  shareGroups: ['admin', 'an admin describes share groups, alters and deletes their offsets'],
  streamsGroups: ['admin', 'an admin alters, lists and deletes offsets of streams groups'],
  transactions: ['admin', 'an admin aborts, terminates and fences transactions'],
  security: ['admin', 'an admin is told that ACLs and delegation tokens need security'],
  telemetry: ['admin', 'an admin pushes metrics under an id from the broker'],
  every: ['admin', 'there is no method of the admin that is not called above'],
})
