import type { Timer } from '../../runtime/clock.ts'
import { nodeClock } from '../../runtime/node-clock.ts'

const INTERVAL_MS = 500
const ERASE_LINE = '\r\u001b[K'

/** Tells a person at a terminal how far it got, twice a second; scripts and logs see nothing of it. */
export class Progress {
  #timer: Timer | undefined
  #shown = false

  constructor(
    readonly stream: NodeJS.WriteStream,
    readonly count: () => number,
  ) {
    if (stream.isTTY) this.#schedule()
  }

  end(): void {
    this.#timer?.cancel()
    if (this.#shown) this.stream.write(ERASE_LINE)
  }

  #schedule(): void {
    this.#timer = nodeClock.setTimer(INTERVAL_MS, () => {
      const count = this.count()
      if (count > 0) {
        this.#shown = true
        this.stream.write(`${ERASE_LINE}${count.toLocaleString('en-US')} records`)
      }
      this.#schedule()
    })
  }
}
