// What node-rdkafka expects of a broker. Run: NODE_PATH=… node checks.cjs [CASE...] BOOTSTRAP
const assert = require('node:assert/strict')
const { setTimeout: delay } = require('node:timers/promises')
const { promisify } = require('node:util')
const rdkafka = require('node-rdkafka')

const bootstrap = process.argv.at(-1)
const names = process.argv.slice(2, -1)
const deadlineMs = 20_000
const common = { 'bootstrap.servers': bootstrap, 'broker.address.family': 'v4' }
const { CODES } = rdkafka
let taken = 0

const unique = (what) => `${what}-noderdkafka-${process.pid}-${Date.now().toString(36)}-${taken++}`
const numbered = (prefix, count) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}-${'x'.repeat(50)}`)

async function until(what, holds) {
  const end = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not in time`)
    await delay(10)
  }
}

/** Calls a method that takes a callback. */
const call = (target, method, ...args) => promisify(target[method].bind(target))(...args)

const opened = []
async function connected(client) {
  client.on('event.error', () => {})
  await call(client, 'connect', {})
  opened.push(client)
  return client
}

async function close(client) {
  const at = opened.indexOf(client)
  if (at === -1) return
  opened.splice(at, 1)
  await call(client, 'disconnect').catch(() => {})
}

const admin = rdkafka.AdminClient.create(common)

async function newTopic(partitions = 1, config = {}) {
  const topic = unique('topic')
  await call(admin, 'createTopic', { topic, num_partitions: partitions, replication_factor: 1, config })
  return topic
}

async function newProducer(config = {}) {
  const producer = await connected(
    new rdkafka.Producer(
      { ...common, dr_cb: true, 'linger.ms': 5, ...config },
      { 'request.required.acks': -1 },
    ),
  )
  producer.reports = []
  producer.on('delivery-report', (error, report) => producer.reports.push(error ?? report))
  producer.setPollInterval(10)
  return producer
}

/** Sends and waits for the reports; gives the offsets, or throws the first error. */
async function send(producer, topic, messages) {
  const before = producer.reports.length
  for (const { value, key = null, timestamp = Date.now(), headers = [] } of messages) {
    producer.produce(topic, 0, value === null ? null : Buffer.from(value), key, timestamp, null, headers)
  }
  await until('delivery reports', () => producer.reports.length === before + messages.length)
  const reports = producer.reports.slice(before)
  for (const report of reports) if (report instanceof Error) throw report
  return reports.map(({ offset }) => offset)
}

async function produce(topic, values, config) {
  const producer = await newProducer(config)
  const offsets = await send(
    producer,
    topic,
    values.map((value) => ({ value })),
  )
  await close(producer)
  return offsets
}

async function newConsumer(config = {}) {
  const defaults = {
    'group.id': unique('group'),
    'heartbeat.interval.ms': 200,
    'session.timeout.ms': 6000,
    'fetch.wait.max.ms': 100,
  }
  const settings = { ...common, ...defaults, ...config }
  const consumer = await connected(new rdkafka.KafkaConsumer(settings, { 'auto.offset.reset': 'earliest' }))
  consumer.setDefaultConsumeTimeout(50)
  return consumer
}

async function read(consumer, count) {
  const messages = []
  await until(`${count} records`, async () => {
    messages.push(...(await call(consumer, 'consume', count - messages.length)))
    return messages.length >= count
  })
  return messages
}

async function readAll(topic, count, config) {
  const consumer = await newConsumer(config)
  consumer.assign([{ topic, partition: 0, offset: 0 }])
  const messages = await read(consumer, count)
  await close(consumer)
  return messages
}

const valuesOf = (messages) => messages.map(({ value }) => String(value))
const held = (...consumers) => consumers.map((consumer) => consumer.assignments().length)
const poll = async (...consumers) => {
  for (const consumer of consumers) await call(consumer, 'consume', 1)
}

async function rebalance(strategy) {
  const topic = await newTopic(4)
  const config = { 'group.id': unique('group'), 'partition.assignment.strategy': strategy }
  const first = await newConsumer(config)
  first.subscribe([topic])
  const waitFor = (what, counts, ...members) =>
    until(what, async () => {
      await poll(...members)
      return held(...members).join() === counts.join()
    })
  await waitFor('the first has all', [4], first)
  const second = await newConsumer(config)
  second.subscribe([topic])
  await waitFor('both have half', [2, 2], first, second)
  const all = [first, second].flatMap((member) => member.assignments().map(({ partition }) => partition))
  assert.deepEqual(all.sort(), [0, 1, 2, 3])
  await close(second)
  await waitFor('the first has all again', [4], first)
}

const cases = {
  async codecs() {
    const [topic, expected] = [await newTopic(), []]
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      await produce(topic, numbered(codec, 100), { 'compression.codec': codec })
      expected.push(...numbered(codec, 100))
    }
    assert.deepEqual(valuesOf(await readAll(topic, 500)), expected)
  },
  async idempotence() {
    const [topic, values] = [await newTopic(), numbered('value', 2000)]
    const offsets = await produce(topic, values, { 'enable.idempotence': true, 'batch.num.messages': 50 })
    assert.deepEqual(offsets, [...values.keys()])
    assert.deepEqual(valuesOf(await readAll(topic, 2000)), values)
  },
  async headers() {
    const [topic, producer] = [await newTopic(), await newProducer()]
    const headers = [{ one: Buffer.from('1') }, { one: Buffer.from('again') }]
    await send(producer, topic, [
      { value: 'v', key: 'k', timestamp: 1700000000123, headers },
      { value: null, key: 'gone' },
    ])
    const [full, tombstone] = await readAll(topic, 2)
    assert.deepEqual([String(full.key), String(full.value), full.timestamp], ['k', 'v', 1700000000123])
    assert.deepEqual(
      full.headers.map((header) => Object.entries(header).map(([name, value]) => `${name}=${value}`)),
      [['one=1'], ['one=again']],
    )
    assert.deepEqual([String(tombstone.key), tombstone.value], ['gone', null])
  },
  async largeMessages() {
    const topic = await newTopic(1, { 'max.message.bytes': '10000000' })
    await produce(topic, [Buffer.alloc(5 << 20)], { 'message.max.bytes': 8 << 20 })
    const [large] = await readAll(topic, 1, { 'max.partition.fetch.bytes': 1000 })
    assert.equal(large.value.length, 5 << 20)
    const small = await newTopic(1, { 'max.message.bytes': '1000' })
    await assert.rejects(produce(small, [Buffer.alloc(5000)]), /too large/i)
  },
  async timestamps() {
    const [topic, producer] = [await newTopic(), await newProducer()]
    for (const timestamp of [1000, 2000, 3000]) await send(producer, topic, [{ value: 'v', timestamp }])
    const consumer = await newConsumer()
    const at = async (offset) =>
      (await call(consumer, 'offsetsForTimes', [{ topic, partition: 0, offset }], 5000))[0]
    assert.equal((await at(1500)).offset, 1)
    assert.equal((await at(3000)).offset, 2)
    const marks = await call(consumer, 'queryWatermarkOffsets', topic, 0, 5000)
    assert.deepEqual([marks.lowOffset, marks.highOffset], [0, 3])
  },
  async transactions() {
    const [topic, expected] = [await newTopic(), []]
    const producer = await newProducer({ 'transactional.id': unique('tx') })
    await call(producer, 'initTransactions', 10_000)
    for (let round = 0; round < 10; round++) {
      const value = round % 2 === 1 ? 'aborted' : `committed-${round}`
      await call(producer, 'beginTransaction')
      await send(producer, topic, [{ value }])
      await call(producer, round % 2 === 1 ? 'abortTransaction' : 'commitTransaction', 10_000)
      if (round % 2 === 0) expected.push(value)
    }
    const committed = await readAll(topic, 5, { 'isolation.level': 'read_committed' })
    assert.deepEqual(valuesOf(committed), expected)
    assert.equal((await readAll(topic, 10, { 'isolation.level': 'read_uncommitted' })).length, 10)
  },
  async chain() {
    const [source, sink] = [await newTopic(), await newTopic()]
    await produce(source, ['a', 'b', 'c'])
    const consumer = await newConsumer({ 'enable.auto.commit': false })
    consumer.subscribe([source])
    const records = await read(consumer, 3)
    const producer = await newProducer({ 'transactional.id': unique('tx') })
    await call(producer, 'initTransactions', 10_000)
    for (const [end, offset] of [
      ['commitTransaction', 3],
      ['abortTransaction', 9],
    ]) {
      await call(producer, 'beginTransaction')
      await send(
        producer,
        sink,
        records.map(({ value }) => ({ value: `made of ${value}` })),
      )
      const offsets = [{ topic: source, partition: 0, offset }]
      await call(producer, 'sendOffsetsToTransaction', offsets, consumer, 10_000)
      await call(producer, end, 10_000)
    }
    const [committed] = await call(consumer, 'committed', [{ topic: source, partition: 0 }], 5000)
    assert.equal(committed.offset, 3)
    const results = await readAll(sink, 3, { 'isolation.level': 'read_committed' })
    assert.deepEqual(valuesOf(results), ['made of a', 'made of b', 'made of c'])
  },
  range: () => rebalance('range'),
  roundRobin: () => rebalance('roundrobin'),
  cooperative: () => rebalance('cooperative-sticky'),
  async staticMembers() {
    const [topic, group] = [await newTopic(2), unique('group')]
    const member = async (name) => {
      const consumer = await newConsumer({ 'group.id': group, 'group.instance.id': name })
      consumer.subscribe([topic])
      return consumer
    }
    const [first, second] = [await member('first'), await member('second')]
    await until('both have one', async () => {
      await poll(first, second)
      return held(first, second).join() === '1,1'
    })
    const mine = second.assignments()[0].partition
    await close(second)
    const again = await member('second')
    await until('the second is back', async () => {
      await poll(first, again)
      return held(again).join() === '1'
    })
    assert.equal(again.assignments()[0].partition, mine)
  },
  async commits() {
    const [topic, group] = [await newTopic(), unique('group')]
    await produce(topic, ['a', 'b', 'c'])
    const config = { 'group.id': group, 'enable.auto.commit': false }
    const first = await newConsumer(config)
    first.subscribe([topic])
    await read(first, 3)
    first.commitSync([{ topic, partition: 0, offset: 2 }])
    await close(first)
    const second = await newConsumer(config)
    second.subscribe([topic])
    assert.deepEqual(valuesOf(await read(second, 1)), ['c'])
  },
  async adminTopics() {
    const topic = await newTopic(2)
    const create = (name, replicas) =>
      call(admin, 'createTopic', { topic: name, num_partitions: 1, replication_factor: replicas })
    await assert.rejects(create(topic, 1), { code: CODES.ERRORS.ERR_TOPIC_ALREADY_EXISTS })
    await assert.rejects(create('not allowed!', 1), { code: CODES.ERRORS.ERR_TOPIC_EXCEPTION })
    await assert.rejects(create(unique('topic'), 9), { code: CODES.ERRORS.ERR_INVALID_REPLICATION_FACTOR })
    await call(admin, 'createPartitions', topic, 5)
    const producer = await newProducer()
    const described = async () =>
      (await call(producer, 'getMetadata', { timeout: 5000 })).topics.find(({ name }) => name === topic)
    await until('five partitions are listed', async () => (await described())?.partitions.length === 5)
    await call(admin, 'deleteTopic', topic)
    await until('the topic is gone', async () => (await described()) === undefined)
    await assert.rejects(call(admin, 'deleteTopic', topic), { code: CODES.ERRORS.ERR_UNKNOWN_TOPIC_OR_PART })
  },
}

async function main() {
  for (const [name, run] of Object.entries(cases)) {
    if (names.length > 0 && !names.includes(name)) continue
    const late = delay(2 * deadlineMs, undefined, { ref: false }).then(() => {
      throw new Error('it did not end in time')
    })
    const why = await Promise.race([run(), late]).then(
      () => undefined,
      (error) => `${error.message} ${error.code ?? ''}`.replaceAll(/\s+/g, ' '),
    )
    console.log(why === undefined ? `ok ${name}` : `failed ${name}: ${why}`)
    for (const client of [...opened]) await Promise.race([close(client), delay(5_000)])
  }
  process.exit(0)
}

main()
