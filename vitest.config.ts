import { defineConfig } from 'vitest/config'

/** Clients in other languages, and Apache Kafka itself: `npm run compat` and CI run them, `npm test` needs Node alone. */
const foreign = [
  'aiokafka',
  'directory',
  'franz-go',
  'java',
  'java-2.8',
  'kafka-go',
  'kafka-python',
  'librdkafka',
  'node-rdkafka',
  'rdkafka',
  'sarama',
  'streams',
  'tools',
].map((folder) => `compat-tests/${folder}/**/*.test.ts`)
const compat = {
  globalSetup: ['compat-tests/brokers/shared.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: [
      'default',
      './test/totals-reporter.ts',
      ...(process.env.ODRADEK_COMPAT_CARD === '1' ? ['./compat-tests/foreign/card-reporter.ts'] : []),
    ],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...compat,
          name: 'compat',
          include: ['compat-tests/**/*.test.ts'],
          exclude: foreign,
        },
      },
      { test: { ...compat, name: 'foreign', include: foreign } },
    ],
  },
})
