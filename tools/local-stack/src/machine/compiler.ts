import { join } from 'node:path';
import type { Member } from '../stack/fleet.js';
import { startProcess } from '../processes/server-process.js';

/** Compiles everything again whenever a source changes; its messages go to the terminal. */
export async function watchCode(root: string): Promise<Member> {
  const args = [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-b',
    '--watch',
    '--preserveWatchOutput',
  ];
  const launch = () => startProcess({ file: process.execPath, args, env: process.env, cwd: root });
  return {
    name: 'compiler',
    process: await launch(),
    restart: launch,
    endings: [['SIGTERM', 1000]],
    kill: 'SIGKILL',
  };
}
