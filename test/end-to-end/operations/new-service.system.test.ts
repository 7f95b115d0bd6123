import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { permissionsOf } from '@agora/local-stack';
import { eventually, httpClient, join as joinAgora, likelyFreePort } from '@agora/testing';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
let copy: string;
/** What the files of the copy held before. */
let original: Map<string, Buffer>;

/** The checkout as git has it, with what was built and installed for the original. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'agora-new-service-'));
  // PostgreSQL may run as another user.
  chmodSync(copy, 0o755);
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: repository,
  }).toString();
  const files = listed.split('\n').filter((file) => file && existsSync(join(repository, file)));
  for (const file of files) cpSync(join(repository, file), join(copy, file));
  for (const folder of new Set(files.filter((file) => file.endsWith('package.json')).map(dirname))) {
    const [modules, dist] = ['node_modules', 'dist'].map((each) => join(folder, each)) as [string, string];
    if (existsSync(join(repository, dist)))
      cpSync(join(repository, dist), join(copy, dist), { recursive: true });
    if (folder !== '.' && existsSync(join(repository, modules)))
      symlinkSync(join(repository, modules), join(copy, modules));
  }
  original = new Map(files.map((file) => [file, readFileSync(join(copy, file))]));
  linkModules();
}, 120_000);
afterAll(() => {
  // Where root's PostgreSQL keeps its data.
  const data = lstatSync(join(copy, '.data/postgres'), { throwIfNoEntry: false });
  if (data?.isSymbolicLink())
    rmSync(dirname(readlinkSync(join(copy, '.data/postgres'))), { recursive: true, force: true });
  rmSync(copy, { recursive: true, force: true });
});

/** All packages of the original, but for Agora's own, which must be those of the copy. */
function linkModules() {
  mkdirSync(join(copy, 'node_modules/@agora'), { recursive: true });
  for (const each of readdirSync(join(repository, 'node_modules')))
    if (each !== '@agora' && !each.startsWith('.agora'))
      symlinkSync(join(repository, 'node_modules', each), join(copy, 'node_modules', each));
  for (const each of readdirSync(join(repository, 'node_modules/@agora'))) {
    const folder = relative(repository, realpathSync(join(repository, 'node_modules/@agora', each)));
    symlinkSync(join(copy, folder), join(copy, 'node_modules/@agora', each));
  }
}

const scaffold = async (name: string) => {
  try {
    await run(process.execPath, ['tools/new-service/new-service.mjs', name], { cwd: copy });
    return '';
  } catch (error) {
    return (error as { stderr: string }).stderr.trim();
  }
};
/** Runs a tool there; rejects with what it printed. */
const inCopy = (tool: string, ...args: string[]) =>
  run(process.execPath, [join(copy, tool), ...args], { cwd: copy }).catch((error: { stdout: string }) => {
    throw new Error(`${tool}: ${error.stdout}`);
  });

/** The stacks of ECS, made but not written: writing them takes long. */
const stacksOnEcs = async () => {
  const list =
    "const { agora } = await import('./deploy/ecs/dist/agora.js'); console.log(agora().node.children.map(({ node }) => node.id).join())";
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', list], { cwd: copy });
  return stdout.trim().split(',');
};

/** All that the embedded NATS allows and denies a process. */
const subjectsOf = async (name: string) => {
  const print =
    "const { permissionsOf } = await import('./tools/local-stack/dist/nats/nats-permissions.js'); console.log(JSON.stringify(permissionsOf(process.argv[1], process.argv[1])))";
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', print, name], {
    cwd: copy,
  });
  const { publish, subscribe } = JSON.parse(stdout) as ReturnType<typeof permissionsOf>;
  return [...publish.allow, ...publish.deny, ...subscribe.allow];
};

describe('npm run new-service', () => {
  it.each([
    ['Comments', 'is no name for a service'],
    ['../comments', 'is no name for a service'],
    ['votes', 'there is a service votes'],
    ['vote', "the path /vote is another service's"],
    ['table', '"table" is reserved'],
  ])('refuses the name %s', async (name, reason) => {
    expect(await scaffold(name)).toContain(reason);
    expect(existsSync(join(copy, 'services', name.toLowerCase(), 'src/http/show-caller.ts'))).toBe(false);
  });

  it('adds a service that keeps the rules', async () => {
    expect(await scaffold('comments')).toBe('');
    symlinkSync(join(copy, 'services/comments'), join(copy, 'node_modules/@agora/comments'));
    await Promise.all([
      inCopy('node_modules/.bin/depcruise', 'services/comments'),
      inCopy('deploy/k8s/check/validate.ts'),
      inCopy('scripts/check-names.mjs'),
      inCopy('scripts/generate.mjs', '--check'),
      inCopy('node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'),
      inCopy('node_modules/.bin/knip', '--no-config-hints'),
      inCopy('node_modules/typescript/bin/tsc', '-b', 'deploy/ecs'),
      inCopy('node_modules/.bin/oxlint', 'services/comments', 'gateway/src', 'packages/database/src'),
      inCopy(
        'node_modules/.bin/prettier',
        '--check',
        'services/comments',
        'docker-compose.yml',
        'deploy/k8s/base',
        'packages/contracts',
        'test/end-to-end/attacks/authorization.test.ts',
      ),
    ]);
    const authorization = readFileSync(join(copy, 'deploy/docker/authorization.conf'), 'utf8');
    const [, ours] = /user: comments\n([\s\S]*?)\n {4}\}/.exec(authorization) ?? [];
    for (const subject of await subjectsOf('comments')) expect(ours).toContain(`"${subject}"`);
    expect(await stacksOnEcs()).toEqual(expect.arrayContaining(['AgoraComments', 'AgoraCommentsMigration']));
    await expect(scaffold('comments')).resolves.toBe('there is a service comments');
  }, 300_000);

  it('adds a service whose own tests pass: an endpoint, an event that it publishes, one that it applies', async () => {
    const environment = Object.entries(process.env).filter(([key]) => !/^(JEST_|AGORA_|NODE_)/.test(key));
    const { stderr } = await run(
      process.execPath,
      ['tools/local-stack/dist/commands/test.js', '-w', '1', 'services/comments'],
      { cwd: copy, env: { ...Object.fromEntries(environment), AGORA_PARENT: '' } },
    ).catch((error: { stderr: string; stdout: string }) => error);
    expect(stderr).toMatch(/Tests: +6 passed, 6 total/);
  }, 300_000);

  describe('and then npm start', () => {
    let system: ChildProcess;
    let output = '';
    let gateway: number;

    beforeAll(async () => {
      const names = ['GATEWAY', 'AUTH', 'POSTS', 'VOTES', 'COMMENTS'].flatMap((name) => [
        `${name}_PORT`,
        `${name}_INTERNAL_PORT`,
      ]);
      const ports: [string, string][] = [];
      for (const name of [...names, 'MAILBOX_PORT', 'MAILBOX_SMTP_PORT'])
        ports.push([name, String(await likelyFreePort())]);
      gateway = Number(ports[0]?.[1]);
      system = spawn(process.execPath, ['tools/local-stack/dist/commands/start.js'], {
        cwd: copy,
        env: { ...process.env, ...Object.fromEntries(ports), BCRYPT_COST: '10', AGORA_PARENT: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [system.stdout, system.stderr])
        stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await eventually(() => {
        if (system.exitCode !== null) throw new Error(output);
        if (!output.includes('Ctrl-C stops everything')) throw new Error(output);
      }, 120_000);
    }, 150_000);
    afterAll(async () => {
      if (system.exitCode !== null) return;
      const ended = once(system, 'exit');
      system.kill('SIGTERM');
      await ended;
    }, 30_000);

    it('answers behind the gateway', async () => {
      const ask = httpClient(`http://127.0.0.1:${gateway}`);
      const { id, token } = await joinAgora(ask);
      const { status, body } = await ask('GET', '/comments', { token });
      expect([status, body]).toEqual([200, { user_id: id }]);
      expect((await ask('GET', '/comments')).status).toBe(401);
    });
  });

  it('removes the service with --remove', async () => {
    await run(process.execPath, ['tools/new-service/new-service.mjs', 'comments', '--remove'], { cwd: copy });
    expect(existsSync(join(copy, 'services/comments'))).toBe(false);
    expect(existsSync(join(copy, 'packages/contracts/src/comments.ts'))).toBe(false);
    const changed = [...original].filter(
      ([file, content]) => !content.equals(readFileSync(join(copy, file))),
    );
    expect(changed.map(([file]) => file)).toEqual([]);
  }, 120_000);
});
