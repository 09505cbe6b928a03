/** Does work when all work given before is done; what fails holds nobody up. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

export function turns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}
