import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const runTask = fileURLToPath(new URL('../run-task.mjs', import.meta.url));
const outputs = {
  TaskCluster: 'agora',
  TaskDefinition: 'agora-votes-migration:7',
  TaskSubnets: 'subnet-1,subnet-2',
  TaskSecurityGroup: 'sg-1',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-task-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('run-task', () => {
  it('runs the task of the stack and waits for its end', () => {
    const { status, asked } = run({ containers: [{ exitCode: 0 }] });

    expect(status).toBe(0);
    expect(asked).toContain('--task-definition agora-votes-migration:7');
    expect(asked).toContain(
      '"subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"',
    );
  });

  it('fails as the task does', () => {
    expect(run({ containers: [{ exitCode: 3 }] }).status).toBe(3);
  });

  it('fails when the task could not start', () => {
    expect(run({ containers: [{}], stoppedReason: 'CannotPullContainerError' }).status).toBe(1);
  });

  it('fails when there is no room for the task', () => {
    expect(run(undefined).status).toBe(1);
  });
});

/** Runs it with an `aws` that answers as if the task had ended so. */
function run(ended: object | undefined): { status: number | null; asked: string } {
  const answers = {
    'describe-stacks': {
      Stacks: [
        { Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) },
      ],
    },
    'run-task': ended
      ? { tasks: [{ taskArn: 'task/1' }], failures: [] }
      : { tasks: [], failures: [{ reason: 'RESOURCE' }] },
    'describe-tasks': { tasks: [{ lastStatus: 'STOPPED', ...ended }] },
  };
  const aws = join(folder, 'aws');
  const log = join(folder, 'asked');
  writeFileSync(
    aws,
    `#!${process.execPath}
require('node:fs').appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n');
process.stdout.write(JSON.stringify((${JSON.stringify(answers)})[process.argv[3]]));`,
  );
  chmodSync(aws, 0o755);
  const { status } = spawnSync(process.execPath, [runTask, 'AgoraVotesMigration', '0'], {
    env: { PATH: `${folder}${delimiter}/usr/bin` },
  });
  return { status, asked: readFileSync(log, 'utf8') };
}
