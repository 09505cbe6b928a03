import type { ContenderName } from './contenders/site.ts'
import type { FigureId, Sample } from './figures.ts'
import { median } from './statistics.ts'

/** What was measured: for each contender and figure, one value per run (the median, where a run measures it often). */
export class Measurements {
  readonly #values = new Map<ContenderName, Map<FigureId, (number | undefined)[]>>()

  add(contender: ContenderName, run: number, samples: readonly Sample[]): void {
    const byFigure = this.#values.get(contender) ?? new Map<FigureId, (number | undefined)[]>()
    this.#values.set(contender, byFigure)
    for (const id of new Set(samples.map(([figure]) => figure))) {
      const values = byFigure.get(id) ?? []
      values[run] = median(samples.filter(([figure]) => figure === id).map(([, value]) => value))
      byFigure.set(id, values)
    }
  }

  valuesOf(contender: ContenderName, id: FigureId): number[] {
    return (this.#values.get(contender)?.get(id) ?? []).filter((value) => value !== undefined)
  }

  /** Ours divided by Kafka's, run by run. */
  ratios(id: FigureId): number[] {
    const ours = this.#values.get('odradek')?.get(id) ?? []
    const theirs = this.#values.get('kafka')?.get(id) ?? []
    return ours.flatMap((value, run) => {
      const other = theirs[run]
      return value === undefined || other === undefined || other === 0 ? [] : [value / other]
    })
  }
}
