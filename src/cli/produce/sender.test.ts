import type { Message, ProducerRecord } from 'kafkajs'
import { expect, test } from 'vitest'
import { Sender } from './sender.ts'

const options = { topic: 't', acks: -1, compression: 0 }

test('what comes while a batch is under way is sent together, in order', async () => {
  const { producer, sent, release } = gatedProducer()
  const sender = new Sender(producer, options)
  await sender.add(messages('a'))
  await sender.add(messages('b', 'c'))
  release()
  await sender.finish()
  expect(sent).toEqual([['a'], ['b', 'c']])
  expect(sender.acknowledged).toBe(3)
})

test('a large record goes alone', async () => {
  const { producer, sent, release } = gatedProducer()
  const sender = new Sender(producer, options)
  release()
  await sender.add(messages('x'.repeat(600_000), 'b', 'y'.repeat(500_000), 'd'.repeat(100_000)))
  await sender.finish()
  expect(sent.map((batch) => batch.map((value) => value.length))).toEqual([
    [600_000],
    [1, 500_000],
    [100_000],
  ])
})

test('the first failure ends it, and tells how many were acknowledged', async () => {
  let calls = 0
  const sender = new Sender(
    {
      send: async () => {
        if (++calls > 1) throw new Error('no')
        return []
      },
    },
    options,
  )
  await sender
    .add(messages('x'.repeat(600_000), 'y'.repeat(600_000), 'z'.repeat(600_000)))
    .catch(() => undefined)
  await expect(sender.finish()).rejects.toThrow('no')
  await expect(sender.add(messages('later'))).rejects.toThrow('no')
  expect(sender.acknowledged).toBe(1)
  expect(calls).toBe(2)
})

function messages(...values: string[]): Message[] {
  return values.map((value) => ({ value }))
}

/** Sends nothing before it is released. */
function gatedProducer() {
  const sent: string[][] = []
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const producer = {
    send: async ({ messages: batch }: ProducerRecord) => {
      sent.push(batch.map(({ value }) => String(value)))
      await gate
      return []
    },
  }
  return { producer, sent, release }
}
