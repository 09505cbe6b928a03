import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { configureTopology } from './configured-topology.ts'
import { clusterOf, internalTopic, topologyOf } from './streams-run.fixture.ts'
import { isSameTopology, type Topology } from './topology.ts'

const cluster = (counts: Readonly<Record<string, number>>) => clusterOf(new Map(Object.entries(counts)))

/** What is to be made, by name, and why no tasks can run. */
function configured(topology: Topology, counts: Readonly<Record<string, number>>) {
  const { missingTopics, problem, subtopologies } = configureTopology(topology, cluster(counts))
  return {
    missing: Object.fromEntries(missingTopics.map(({ name, partitions }) => [name, partitions])),
    problem: problem && `${problem.status}: ${problem.message}`,
    tasks: subtopologies && [...subtopologies.values()].map(({ taskCount }) => taskCount),
  }
}

function errorOf(topology: Topology, counts: Readonly<Record<string, number>>): string {
  try {
    configureTopology(topology, cluster(counts))
    return 'NONE'
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
}

const all = (...places: readonly number[]) => ({
  sourceTopics: places,
  sourceTopicRegex: [],
  repartitionSourceTopics: [],
})

describe('a repartition topic', () => {
  test('has as many partitions as the largest input of what writes to it, through any number of steps', () => {
    const topology = topologyOf(
      { repartitionSourceTopics: [internalTopic('second')], stateChangelogTopics: [internalTopic('log')] },
      { repartitionSourceTopics: [internalTopic('first')], repartitionSinkTopics: ['second'] },
      { sourceTopics: ['a', 'b'], repartitionSinkTopics: ['first'] },
    )
    expect(configured(topology, { a: 2, b: 5 })).toEqual({
      missing: { second: 5, log: 5, first: 5 },
      problem: 'MISSING_INTERNAL_TOPICS: Internal topics are missing: second, log, first',
      tasks: [5, 5, 5],
    })
  })

  test('is not decided by a loop', () => {
    const topology = topologyOf(
      { sourceTopics: ['a'] },
      { repartitionSourceTopics: [internalTopic('x')], repartitionSinkTopics: ['y'] },
      { repartitionSourceTopics: [internalTopic('y')], repartitionSinkTopics: ['x'] },
    )
    expect(errorOf(topology, { a: 1 })).toBe('STREAMS_INVALID_TOPOLOGY')
  })

  test('that is joined with a topic of others is made like it', () => {
    const topology = topologyOf(
      { sourceTopics: ['a'], repartitionSinkTopics: ['r'] },
      {
        sourceTopics: ['b'],
        repartitionSourceTopics: [internalTopic('r')],
        copartitionGroups: [{ ...all(0), repartitionSourceTopics: [0] }],
      },
    )
    expect(configured(topology, { a: 8, b: 3 })).toMatchObject({ missing: { r: 3 }, tasks: [8, 3] })
  })

  test('whose count is fixed must fit what it is joined with', () => {
    const topology = topologyOf(
      { sourceTopics: ['a'], repartitionSinkTopics: ['r'] },
      {
        sourceTopics: ['b'],
        repartitionSourceTopics: [internalTopic('r', 4)],
        copartitionGroups: [{ ...all(0), repartitionSourceTopics: [0] }],
      },
    )
    expect(configured(topology, { a: 1, b: 3 }).problem).toBe(
      "INCORRECTLY_PARTITIONED_TOPICS: Number of partitions [4] of repartition topic [r] doesn't match number of partitions [3] of the source topic.",
    )
    expect(configured(topology, { a: 1, b: 4 })).toMatchObject({ missing: { r: 4 } })
  })

  test('that is joined with others of its kind has the largest count of them', () => {
    const topology = topologyOf(
      { sourceTopics: ['a'], repartitionSinkTopics: ['r'] },
      { sourceTopics: ['b'], repartitionSinkTopics: ['s'] },
      {
        repartitionSourceTopics: [internalTopic('r'), internalTopic('s')],
        copartitionGroups: [{ ...all(), repartitionSourceTopics: [0, 1] }],
      },
    )
    expect(configured(topology, { a: 2, b: 6 })).toMatchObject({ missing: { r: 6, s: 6 }, tasks: [2, 6, 6] })
  })
})

test('topics that are there are taken as they are', () => {
  const topology = topologyOf({ sourceTopics: ['a'], stateChangelogTopics: [internalTopic('log')] })
  expect(configured(topology, { a: 2, log: 2 })).toEqual({ missing: {}, problem: undefined, tasks: [2] })
})

test('a missing source topic leaves everything undecided', () => {
  const topology = topologyOf({ sourceTopics: ['d', 'c', 'b', 'a'] })
  expect(configured(topology, {})).toEqual({
    missing: {},
    problem: 'MISSING_SOURCE_TOPICS: Source topics a, b, c and 1 additional topics are missing.',
    tasks: undefined,
  })
})

test('a subtopology that reads nothing, or a group that names no topic, is refused', () => {
  expect(errorOf(topologyOf({}), {})).toBe('STREAMS_INVALID_TOPOLOGY')
  const beyond = topologyOf({ sourceTopics: ['a'], copartitionGroups: [all(0, 1)] })
  expect(errorOf(beyond, { a: 1 })).toBe('STREAMS_INVALID_TOPOLOGY')
})

test('topologies are the same in whatever order their subtopologies come', () => {
  const one = topologyOf({ sourceTopics: ['a'] }, { sourceTopics: ['b'] })
  const turned = { ...one, subtopologies: [...one.subtopologies].reverse() }
  expect(isSameTopology(one, turned)).toBe(true)
  expect(isSameTopology(one, topologyOf({ sourceTopics: ['a'] }, { sourceTopics: ['c'] }))).toBe(false)
  expect(isSameTopology(one, { ...one, epoch: 1 })).toBe(false)
})
