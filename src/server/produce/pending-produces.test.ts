import { expect, test } from 'vitest'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { errorCodes, KafkaError } from '../../wire/errors.ts'
import { emptyAnswer, type PartitionAnswer } from './partition-answer.ts'
import type { PendingProduce } from './pending-produce.ts'
import { PendingProduces } from './pending-produces.ts'

/** A request of so many partitions that waits for all of them, and whether it is done. */
function begun(pendings: PendingProduces, partitions: number, timeoutMs = 1000) {
  const answers: PartitionAnswer[] = Array.from({ length: partitions }, (_, index) => ({
    ...emptyAnswer(index),
    baseOffset: 10,
  }))
  const pending = pendings.begin(answers, timeoutMs)
  for (let slot = 0; slot < partitions; slot++) pending.expect(slot)
  const state = { isDone: false }
  const done = pendings.wait(pending).then(() => {
    state.isDone = true
  })
  return { answers, pending, done, state }
}

function outcome({ answers }: { answers: readonly PartitionAnswer[] }): string[] {
  return answers.map(({ errorCode, baseOffset }) => `${errorCode} ${baseOffset}`)
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test('a request is complete when its last partition is', async () => {
  const request = begun(new PendingProduces(new VirtualClock()), 2)
  request.pending.committed(1)
  await settle()
  expect({ isDone: request.state.isDone, isComplete: request.pending.isComplete }).toEqual({
    isDone: false,
    isComplete: false,
  })
  request.pending.committed(0)
  await request.done
  expect(outcome(request)).toEqual(['0 10', '0 10'])
})

test('a partition that fails has no offset, and the others keep theirs', async () => {
  const request = begun(new PendingProduces(new VirtualClock()), 2)
  request.pending.failed(0, new KafkaError('NOT_LEADER_OR_FOLLOWER', 'moved'))
  request.pending.committed(1)
  await request.done
  expect(outcome(request)).toEqual([`${errorCodes.NOT_LEADER_OR_FOLLOWER} -1`, '0 10'])
  expect(request.answers[0]?.errorMessage).toBe('moved')
})

test('when time is up, only what is not committed is told as late', async () => {
  const clock = new VirtualClock()
  const request = begun(new PendingProduces(clock), 2, 1500)
  request.pending.committed(0)
  clock.advance(1499)
  await settle()
  expect(request.state.isDone).toBe(false)
  clock.advance(1)
  await request.done
  expect(outcome(request)).toEqual(['0 10', `${errorCodes.REQUEST_TIMED_OUT} -1`])
})

test('what is told of a partition after its request is over changes nothing', async () => {
  const clock = new VirtualClock()
  const request = begun(new PendingProduces(clock), 1, 0)
  clock.advance(1000)
  await request.done
  request.pending.committed(0)
  request.pending.failed(0, new KafkaError('KAFKA_STORAGE_ERROR'))
  expect(outcome(request)).toEqual([`${errorCodes.REQUEST_TIMED_OUT} -1`])
})

test('a partition that nobody waits for is not told as late', () => {
  const pendings = new PendingProduces(new VirtualClock())
  const answers = [emptyAnswer(0), emptyAnswer(1)]
  const pending: PendingProduce = pendings.begin(answers, 1000)
  pending.expect(1)
  pending.expire()
  expect(answers.map(({ errorCode }) => errorCode)).toEqual([0, errorCodes.REQUEST_TIMED_OUT])
})

test('it is drained when the last request is done', async () => {
  const pendings = new PendingProduces(new VirtualClock())
  await pendings.drained()
  const requests = [begun(pendings, 1), begun(pendings, 1)]
  let isDrained = false
  const drained = pendings.drained().then(() => {
    isDrained = true
  })
  requests[0]?.pending.committed(0)
  await settle()
  expect(isDrained).toBe(false)
  requests[1]?.pending.committed(0)
  await drained
})

test('each request is due at its own time, however the others are', async () => {
  const clock = new VirtualClock()
  const pendings = new PendingProduces(clock)
  const requests = [30_000, 50, 7000, 50].map((timeoutMs) => begun(pendings, 1, timeoutMs))
  const done = async (): Promise<boolean[]> => {
    await settle()
    return requests.map(({ state }) => state.isDone)
  }
  clock.advance(49)
  expect(await done()).toEqual([false, false, false, false])
  clock.advance(1)
  expect(await done()).toEqual([false, true, false, true])
  clock.advance(6950)
  expect(await done()).toEqual([false, true, true, true])
  clock.advance(23_000)
  expect(await done()).toEqual([true, true, true, true])
})
