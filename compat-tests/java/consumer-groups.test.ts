import { kafkaClients } from './kafka-clients.ts'

kafkaClients('ConsumerGroups', '4', {
  sharing: ['consumer protocol', 'two members share the partitions, and one takes all when the other leaves'],
  range: ['consumer protocol', 'members choose the range assignor of the broker'],
  pattern: ['consumer protocol', 'a pattern in the syntax of RE2 is subscribed to'],
  statics: ['consumer protocol', 'a static member that comes back has what it had, and nobody notices'],
  commits: [
    'consumer protocol',
    'commits come back with metadata and leader epoch, and the group goes on there',
  ],
  upAndDown: [
    'consumer protocol',
    'a classic group takes in a consumer of the new protocol and becomes a classic one again',
  ],
  described: ['consumer protocol', 'an admin describes and lists the group'],
})
