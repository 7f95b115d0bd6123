import { randomBytes } from 'node:crypto';
import { Failure } from './failure.mjs';
import { waitForObjects } from './wait.mjs';

/** In a new pod the name of the database may not resolve yet, or the network may not be ready. The command itself reports it if that does not change. */
const awaitDatabase = `
const { connect } = require('node:net');
const { DATABASE_HOST: host, DATABASE_PORT: port = 5432 } = process.env;
const deadline = Date.now() + 30_000;
(function attempt() {
  const socket = connect({ host, port, timeout: 2_000 });
  socket.on('connect', () => process.exit());
  socket.on('timeout', () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('close', () => (Date.now() < deadline ? setTimeout(attempt, 500) : process.exit()));
})();`;

/** Runs the command of a CronJob once, now, with other arguments; prints what it says, and fails as it does. */
export async function runNow(kubectl, cronJob, { args = [], print, ...pace }) {
  const found = await kubectl.find('cronjob', cronJob);
  if (!found) throw new Failure(`there is no CronJob ${cronJob}; release first`);
  const spec = structuredClone(found.spec.jobTemplate.spec);
  const [container] = spec.template.spec.containers;
  const [script, command] = container.args;
  container.args = [script, command, ...args];
  spec.template.spec.initContainers = [
    { ...container, name: 'await-database', args: ['-e', awaitDatabase] },
    ...(spec.template.spec.initContainers ?? []),
  ];
  // The caller sees why it failed and runs it again.
  spec.backoffLimit = 0;
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cronJob}-now-${randomBytes(3).toString('hex')}`,
      labels: { ...found.metadata.labels, 'app.kubernetes.io/part-of': 'agora' },
    },
    spec,
  };
  await kubectl.run(['create', '--filename', '-'], JSON.stringify(job));
  await waitForObjects(kubectl, [job], { ...pace, print: (line) => process.stderr.write(`${line}\n`) });
  print((await kubectl.run(['logs', `job/${job.metadata.name}`])).trimEnd());
}
