import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};
/** Those that print their help themselves, as each service has its own. */
const ownHelp =
  /^(accounts|audit|dead-letters|mails|new-consumer|outbox|projections|quarantine|reconcile|restore|test)$/;

function runner(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', ...args], {
    cwd: repository,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('the commands', () => {
  it('are all listed by npm run help', () => {
    const { status, output } = runner('help');
    const listed = [...output.matchAll(/^ {2}npm (?:run )?([\w:-]+)/gm)].map(([, name]) => name);
    expect(status).toBe(0);
    expect(listed.toSorted()).toEqual(Object.keys(scripts).toSorted());
  });

  it('print what they do, their options and an example with --help', () => {
    const commands = Object.keys(scripts).filter(
      (name) => scripts[name]?.includes('run.mjs') && name !== 'help',
    );
    for (const name of commands.filter((each) => !ownHelp.test(each))) {
      const { status, output } = runner(name, '--help');
      expect([name, status]).toEqual([name, 0]);
      expect(output).toMatch(/Usage: npm .*\n(.*\n)* {2}--help .*\nExample: /);
    }
  });

  it.each([
    [['backup', '--form', 'x'], 'backup: --form is not an option'],
    [['backup', '--to'], 'backup: --to needs a value'],
    [['nonsense'], 'There is no command "nonsense"'],
  ])('end with 2 and name what is wrong: %j', (args, complaint) => {
    const { status, output } = runner(...args);
    expect(status).toBe(2);
    expect(output).toContain(complaint);
  });
});
