import { type Bound, type Figure, type FigureId, figureIds, figures, type Part } from './figures.ts'
import type { Measurements } from './measurements.ts'
import { median } from './statistics.ts'

/** The figures as a table, a paragraph per part. */
export function report(measurements: Measurements, againstKafka: boolean): string {
  const lines: string[] = []
  let part: Part | undefined
  for (const id of figureIds) {
    const figure: Figure = figures[id]
    const values = measurements.valuesOf('odradek', id)
    if (values.length === 0) continue
    if (figure.part !== part) {
      part = figure.part
      lines.push('', header(part, againstKafka))
    }
    lines.push(line(id, figure, measurements, againstKafka))
  }
  return `${lines.join('\n')}\n`
}

function header(part: Part, againstKafka: boolean): string {
  const kafka = againstKafka ? `${'kafka'.padEnd(28)}${'ratio, pair by pair'.padEnd(22)}` : ''
  return `${part.padEnd(46)}${''.padEnd(11)}${'odradek'.padEnd(28)}${kafka}goal`
}

function line(id: FigureId, figure: Figure, measurements: Measurements, againstKafka: boolean): string {
  const ours = measurements.valuesOf('odradek', id)
  let text = `  ${figure.title.padEnd(44)}${figure.unit.padEnd(11)}${spread(ours).padEnd(28)}`
  if (againstKafka) {
    const ratios = measurements.ratios(id)
    text += spread(measurements.valuesOf('kafka', id)).padEnd(28)
    text += (ratios.length === 0 ? '' : spread(ratios, ratioNumber)).padEnd(22)
    return (text + verdict('ratio ', figure.againstKafka, ratios)).trimEnd()
  }
  return (text + verdict('', figure.goal, ours)).trimEnd()
}

/** `median (smallest–largest)` */
function spread(values: readonly number[], show: (value: number) => string = shown): string {
  if (values.length === 0) return '-'
  if (values.length === 1) return show(median(values))
  return `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})`
}

function verdict(what: string, bound: Bound | undefined, values: readonly number[]): string {
  if (bound === undefined || values.length === 0) return ''
  const value = median(values)
  if ('atLeast' in bound)
    return `${value >= bound.atLeast ? 'ok  ' : 'MISS'} ${what}≥ ${shown(bound.atLeast)}`
  return `${value <= bound.atMost ? 'ok  ' : 'MISS'} ${what}≤ ${shown(bound.atMost)}`
}

function shown(value: number): string {
  if (value >= 10_000) return Math.round(value).toLocaleString('en-US')
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  return value.toFixed(value >= 1 ? 2 : 3)
}

function ratioNumber(value: number): string {
  return value >= 0.1 ? value.toFixed(2) : value.toFixed(3)
}
