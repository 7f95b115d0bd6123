/** Ends a run with the line `N passed, N failed`, which CI reads, and `, N skipped` if any were. A test file that could not run counts as one failure. */
export default class TallyReporter {
  onRunComplete(_testContexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests;
    console.log(
      `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
  }
}
