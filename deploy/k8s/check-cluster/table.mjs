/** Runs checks, one after the other, and keeps what came of them. */
export function createTable(print) {
  const rows = [];

  return {
    /** Resolves with whether it was ok. It has its own time, and what is left until the deadline. */
    async add(shape, check, place, deadline) {
      const begin = performance.now();
      const row = await attempt(check, place, deadline).then(
        (seen) => ({ ...seen, isOk: true }),
        (error) => ({
          requests: error.requests,
          failed: error.failed,
          isOk: false,
          note: [error.message, ...(error.details ?? [])].join(' | '),
        }),
      );
      const seconds = Math.round((performance.now() - begin) / 1_000);
      rows.push({ ...row, shape, name: check.name, says: check.says, seconds });
      const load = row.requests === undefined ? '' : `, ${row.failed} of ${row.requests} requests failed`;
      print(
        `${row.isOk ? '✓' : '✗'} ${shape} ${check.name}: ${seconds} s${load}${row.note ? `; ${row.note}` : ''}`,
      );
      return row.isOk;
    },

    isOk: () => rows.length > 0 && rows.every((row) => row.isOk),

    /** As Markdown. */
    text() {
      const cells = rows.map((row) => [
        row.shape,
        `\`${row.name}\`: ${row.says}`,
        row.isOk ? 'ok' : '**failed**',
        String(row.seconds),
        row.requests === undefined ? '' : `${row.failed} of ${row.requests}`,
        (row.note ?? '').replaceAll('|', '\\|').replaceAll('\n', ' '),
      ]);
      const head = ['shape', 'check', 'result', 'seconds', 'requests failed', 'seen'];
      return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
    },
  };
}

function attempt(check, place, deadline) {
  const milliseconds = Math.min(check.seconds * 1_000, deadline - Date.now());
  if (milliseconds <= 0) return Promise.reject(new Error('not run: the time is over'));
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in ${Math.round(milliseconds / 1_000)} s`)), milliseconds);
  });
  return Promise.race([check.run(place), late]).finally(() => clearTimeout(timer));
}
