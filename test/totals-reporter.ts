import type { Reporter, TestModule } from 'vitest/node'

/** Closes a run with its totals alone on a line, the form that CI systems and people read first. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        totals[state === 'pending' ? 'skipped' : state]++
      }
      // A file that cannot be loaded holds no tests, yet it must not count as silence.
      totals.failed += module.errors().length
    }
    process.once('exit', () => {
      console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
    })
  }
}
