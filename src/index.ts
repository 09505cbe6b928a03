export { type Broker, type BrokerOptions, StartError, startBroker } from './server/start-broker.ts'
