import { randomBytes } from 'node:crypto';
import { Failure } from './failure.mjs';
import { waitForObjects } from './wait.mjs';

/** Runs the command of a CronJob once, now, with other arguments; prints what it says, and fails as it does. */
export async function runNow(kubectl, cronJob, { args = [], print, ...pace }) {
  const found = await kubectl.find('cronjob', cronJob);
  if (!found) throw new Failure(`there is no CronJob ${cronJob}; release first`);
  const spec = structuredClone(found.spec.jobTemplate.spec);
  const [container] = spec.template.spec.containers;
  const [script, command] = container.args;
  container.args = [script, command, ...args];
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
