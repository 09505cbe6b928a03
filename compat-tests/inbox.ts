/** Collects what arrives and lets a test wait for it by condition, with a deadline instead of a sleep. */
export class Inbox<Item> {
  readonly items: Item[] = []
  readonly #waiting = new Set<() => void>()

  push(item: Item): void {
    this.items.push(item)
    for (const check of [...this.#waiting]) check()
  }

  /** Resolves with all items so far as soon as there are `count` of them. */
  async count(count: number, timeoutMs = 20_000): Promise<readonly Item[]> {
    return await this.until(`${count} items`, (items) => items.length >= count, timeoutMs)
  }

  /** Resolves with all items so far as soon as the condition holds. */
  async until(
    what: string,
    holds: (items: readonly Item[]) => boolean,
    timeoutMs = 20_000,
  ): Promise<readonly Item[]> {
    if (holds(this.items)) return this.items
    return await new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer)
        this.#waiting.delete(check)
        if (error === undefined) resolve(this.items)
        else reject(error)
      }
      const check = () => {
        if (holds(this.items)) settle()
      }
      const late = new Error(`waited for ${what} for ${timeoutMs} ms`)
      const timer = setTimeout(() => {
        late.message += `; there are ${this.items.length}, the last: ${show(this.items.at(-1))}`
        settle(late)
      }, timeoutMs)
      this.#waiting.add(check)
    })
  }
}

function show(item: unknown): string {
  return (JSON.stringify(item) ?? 'none').slice(0, 500)
}
