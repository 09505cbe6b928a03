import { MetadataImage } from './metadata/image.ts'
import type { MetadataChange, MetadataStore, MetadataTransaction, MetadataWatch } from './metadata/store.ts'

/** Told of every new image, in revision order, with the change that made it and the image before. */
export type ImageListener = (image: MetadataImage, change: MetadataChange, before: MetadataImage) => void

/**
 * This broker's view of the cluster: follows the metadata store and keeps the newest image. Listeners are called
 * one after the other before anyone who waits for the revision goes on, so whoever changed something finds its
 * effects in place.
 */
export class ClusterMetadata {
  #image = MetadataImage.empty
  readonly #listeners: ImageListener[] = []
  #waiting: { revision: number; resolve: () => void }[] = []
  #watch: MetadataWatch | undefined

  constructor(readonly store: MetadataStore) {}

  get image(): MetadataImage {
    return this.#image
  }

  /** Listeners added before `start` see the image grow from the empty one. */
  onChange(listener: ImageListener): void {
    this.#listeners.push(listener)
  }

  /** Reads everything, then follows. */
  async start(): Promise<void> {
    const { items, revision } = await this.store.range('/')
    this.#advance({ revision, puts: items, deletes: [] })
    this.#watch = this.store.watch('/', revision, (change) => this.#advance(change))
  }

  /** Resolves once the image shows at least this revision. */
  async reached(revision: number): Promise<void> {
    if (this.#image.revision >= revision) return
    await new Promise<void>((resolve) => {
      this.#waiting.push({ revision, resolve })
    })
  }

  /** Makes a change; when this resolves with true, the image shows it. False: a compare didn't hold, nothing is changed. */
  async commit(transaction: MetadataTransaction): Promise<boolean> {
    const { applied, revision } = await this.store.txn(transaction)
    if (applied) await this.reached(revision)
    return applied
  }

  stop(): void {
    this.#watch?.cancel()
  }

  #advance(change: MetadataChange): void {
    const before = this.#image
    this.#image = before.apply(change)
    for (const listener of this.#listeners) listener(this.#image, change, before)
    const reached = this.#waiting.filter((waiter) => waiter.revision <= this.#image.revision)
    this.#waiting = this.#waiting.filter((waiter) => waiter.revision > this.#image.revision)
    for (const waiter of reached) waiter.resolve()
  }
}
