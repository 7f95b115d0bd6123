/**
 * `node run-task.mjs AgoraVotesMigration [seconds]`: runs the one task of that stack, looks after it every so many seconds, and
 * ends with its exit code. Needs the `aws` command and its credentials.
 */
import { execFileSync } from 'node:child_process';

const [stack, seconds = '5'] = process.argv.slice(2);
if (!stack) throw new Error('Usage: node run-task.mjs <stack>');

const { Stacks } = aws('cloudformation', 'describe-stacks', { 'stack-name': stack });
const outputs = Object.fromEntries(Stacks[0].Outputs.map((each) => [each.OutputKey, each.OutputValue]));
const cluster = outputs.TaskCluster;
const network = {
  awsvpcConfiguration: {
    subnets: outputs.TaskSubnets.split(','),
    securityGroups: [outputs.TaskSecurityGroup],
    assignPublicIp: 'DISABLED',
  },
};

const { tasks, failures } = aws('ecs', 'run-task', {
  cluster,
  'launch-type': 'FARGATE',
  'task-definition': outputs.TaskDefinition,
  'network-configuration': JSON.stringify(network),
});
if (!tasks[0]) throw new Error(`${stack} did not start: ${JSON.stringify(failures)}`);
const task = tasks[0].taskArn;
process.stdout.write(`${stack} runs as ${task}\n`);

let ended;
for (const deadline = Date.now() + 20 * 60_000; !ended;) {
  if (Date.now() > deadline) throw new Error(`${stack} has not ended for 20 minutes: look at ${task}`);
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
  const [state] = aws('ecs', 'describe-tasks', { cluster, tasks: task }).tasks;
  if (state?.lastStatus === 'STOPPED') ended = state;
}

// A task that could not start has no exit code, and that is no success.
const code = ended.containers[0]?.exitCode ?? 1;
process.stdout.write(`${stack} ended with code ${code}: ${ended.stoppedReason ?? ''}\n`);
process.exitCode = code;

function aws(service, command, options) {
  const named = Object.entries({ ...options, output: 'json' }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  return JSON.parse(execFileSync('aws', [service, command, ...named], { encoding: 'utf8' }));
}
