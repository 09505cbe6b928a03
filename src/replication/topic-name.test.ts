import { expect, test } from 'vitest'
import { errorOf } from '../storage/log.fixture.ts'
import { collisionForm, isInternalTopic, requireTopicName } from './topic-name.ts'

test('letters, digits, dots, underscores and dashes make a name, up to 249 of them', async () => {
  for (const name of ['a', 'A-z_0.9', '...', '-', 'x'.repeat(249)])
    expect(await errorOf(() => requireTopicName(name)), name).toBe('NONE')
})

test('everything else is refused', async () => {
  for (const name of ['', '.', '..', 'x'.repeat(250), 'a b', 'a/b', 'a\\b', 'a:b', 'é', 'a\n', 'a\0'])
    expect(await errorOf(() => requireTopicName(name)), name).toBe('INVALID_TOPIC_EXCEPTION')
})

test('names collide when they differ only in dots and underscores', () => {
  expect(collisionForm('a.b_c')).toBe(collisionForm('a_b.c'))
  expect(collisionForm('a-b')).not.toBe(collisionForm('a_b'))
})

test('the topics of coordinators are internal', () => {
  expect(['__consumer_offsets', '__transaction_state', '__share_group_state'].every(isInternalTopic)).toBe(
    true,
  )
  expect(isInternalTopic('__mine')).toBe(false)
})
