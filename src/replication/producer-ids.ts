import { type Controller, PRODUCER_ID_BLOCK_SIZE } from './controller.ts'

/**
 * Hands out producer ids, each once in the life of the cluster. Ids come in blocks that are reserved for good before the
 * first of them is given out, so a crash wastes at most a block and repeats none.
 */
export class ProducerIds {
  readonly #controller: Controller
  #next = 0
  #blockEnd = 0
  #reserving: Promise<void> | undefined

  constructor(controller: Controller) {
    this.#controller = controller
  }

  async next(): Promise<number> {
    while (this.#next === this.#blockEnd) {
      this.#reserving ??= this.#reserve()
      await this.#reserving
    }
    return this.#next++
  }

  async #reserve(): Promise<void> {
    try {
      const first = await this.#controller.reserveProducerIds()
      this.#next = first
      this.#blockEnd = first + PRODUCER_ID_BLOCK_SIZE
    } finally {
      this.#reserving = undefined
    }
  }
}
