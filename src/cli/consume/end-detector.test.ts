import { expect, test } from 'vitest'
import { EndDetector } from './end-detector.ts'

test('the end is reached when every broker has been asked twice in vain', () => {
  const detector = joined()
  fetchFrom(detector, 1, 2, 1, 2, 1)
  expect(detector.reached.aborted).toBe(false)
  fetchFrom(detector, 2)
  expect(detector.reached.aborted).toBe(true)
})

test('a batch begins the count anew', () => {
  const detector = joined()
  fetchFrom(detector, 1, 1)
  detector.sawBatch()
  fetchFrom(detector, 1)
  expect(detector.reached.aborted).toBe(false)
  fetchFrom(detector, 1)
  expect(detector.reached.aborted).toBe(true)
})

test('nothing counts while the group is not joined', () => {
  const detector = new EndDetector()
  fetchFrom(detector, 1, 1, 1, 1)
  detector.joined()
  detector.left()
  fetchFrom(detector, 1, 1, 1, 1)
  expect(detector.reached.aborted).toBe(false)
})

function joined(): EndDetector {
  const detector = new EndDetector()
  detector.joined()
  return detector
}

function fetchFrom(detector: EndDetector, ...nodeIds: number[]): void {
  for (const nodeId of nodeIds) detector.fetching(nodeId)
}
