export type Cell = string | number

/** Columns under headings, two spaces apart; columns of numbers are set flush right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(cellText))
  const widths = headings.map((heading, at) =>
    texts.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), heading.length),
  )
  const flushRight = headings.map((_, at) => isNumeric(rows.map((row) => row[at] ?? '')))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (flushRight[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [headings, ...texts].map((cells) => `${line(cells)}\n`).join('')
}

function cellText(cell: Cell): string {
  return String(cell)
}

/** A dash stands for a number that isn't known. */
function isNumeric(column: readonly Cell[]): boolean {
  return (
    column.some((cell) => typeof cell === 'number') &&
    column.every((cell) => typeof cell === 'number' || cell === '-')
  )
}
