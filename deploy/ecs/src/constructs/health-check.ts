/**
 * What ECS runs in a container; `node`, for the images hold no shell. In its first three minutes a task must get ready, so that a
 * deployment takes no old task away for a new one that can't serve. Later it must be alive: were it killed for not being ready,
 * an outage of the database would take every task with it.
 */
export const healthCheck = [
  'CMD',
  'node',
  '-e',
  [
    // The 22nd field of the state of the container's first process: when it started, in hundredths of a second after boot.
    "const startedAt = fs.readFileSync('/proc/1/stat', 'utf8').split(') ')[1].split(' ')[19] / 100",
    "const path = os.uptime() - startedAt < 180 ? '/readyz' : '/healthz'",
    "fetch('http://127.0.0.1:' + process.env.INTERNAL_PORT + path).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))",
  ].join('; '),
];
