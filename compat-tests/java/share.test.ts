import { kafkaVersion } from '../brokers/kafka-jars.ts'
import { kafkaClients } from './kafka-clients.ts'

// Share consumers come with the clients of Kafka 4.2, and so do the brokers that serve them.
kafkaClients('ShareChecks', '4.2', {
  implicit: [
    'share groups',
    'a share consumer reads every record once, and what it goes on from is acknowledged',
  ],
  explicit: ['share groups', 'records are accepted, rejected, and released to come again with their count'],
  two: ['share groups', 'two share consumers share one partition, and no record comes twice'],
  dies: ['share groups', 'what a consumer had that closes goes to another'],
  adminShareGroups: ['share groups', 'an admin describes, resets, lists and deletes share groups'],
  // KIP-1191.
  ...(kafkaVersion >= '4.4' && {
    deadLetters: ['share groups', 'what a share group gives up lies in its dead-letter topic, with why'],
  }),
})
