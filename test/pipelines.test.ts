import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const repository = fileURLToPath(new URL('..', import.meta.url));
const services = {
  auth: 'services/auth',
  posts: 'services/posts',
  votes: 'services/votes',
  gateway: 'gateway',
};

describe('pipelines', () => {
  it('keep every statement', () => {
    for (const statement of Object.values(statements)) expect(statement(workflows())).toEqual([]);
  });

  it.each<[name: keyof typeof statements, file: string, from: string, to: string]>([
    ['actions are pinned by commit', 'check.yml', /actions\/checkout@\w+/.source, 'actions/checkout@v6'],
    ['actions are pinned by commit', 'check.yml', / # v6\.0\.2/.source, ''],
    ['nothing may do more than it says', 'check.yml', /^permissions: .*$/.source, ''],
    ['nothing may do more than it says', 'votes.yml', /^permissions: .*$/.source, 'permissions: write-all'],
    [
      'a service is deployed when what it is made of changes',
      'votes.yml',
      /- packages\/messaging.*/.source,
      '',
    ],
    [
      'a service is deployed when what it is made of changes',
      'votes.yml',
      /packages\/contracts/.source,
      'tools/demo',
    ],
    ['calls give what the called workflow asks for', 'votes.yml', /stack: AgoraVotes, /.source, ''],
    [
      'calls give what the called workflow asks for',
      'votes.yml',
      /migrates: true/.source,
      'migrates: true, speed: 2',
    ],
    ['calls give what the called workflow asks for', 'votes.yml', /pull-requests: read, /.source, ''],
    [
      'no text from outside is run as a command',
      'check.yml',
      /npm test/.source,
      ['echo $', '{{ github.head_ref }}'].join(''),
    ],
    [
      'no key of AWS is stored',
      'check.yml',
      /secrets\.GITLEAKS_LICENSE/.source,
      'secrets.AWS_SECRET_ACCESS_KEY',
    ],
  ])('would not keep: %s (%s, %s → "%s")', (name, file, from, to) => {
    const planted = workflows({ [file]: (text) => text.replace(new RegExp(from, 'm'), to) });

    expect(statements[name](planted)).not.toEqual([]);
  });

  it('list in the SBOM of an image all that its process depends on', () => {
    const { steps = [] } = workflows()['build-and-deploy-service.yml']?.jobs.build ?? {};
    const listing = steps.find(({ run }) => run?.includes('npm sbom'))?.run ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'agora-sbom-'));
    try {
      const file = join(folder, 'sbom.json');
      const setting = 'export SERVICE=auth npm_config_offline=true';
      const script = `${setting}\n${listing.replace('sbom.json', `'${file}'`)}`;
      execFileSync('bash', ['-c', script], { cwd: repository });
      const sbom = JSON.parse(readFileSync(file, 'utf8')) as { components: { 'bom-ref': string }[] };
      const listed = new Set(sbom.components.map((each) => each['bom-ref']));
      const needed = [...workspacesOf(services.auth)].flatMap((each) => Object.entries(dependenciesOf(each)));

      expect(needed.length).toBeGreaterThan(20);
      expect(needed.filter(([name, version]) => !listed.has(`${name}@${version}`))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ask Dependabot for updates of everything, each week, none younger than seven days', () => {
    const { updates } = parse(read('.github/dependabot.yml')) as { updates: Update[] };
    const ecosystems = updates.map((each) => each['package-ecosystem']);

    expect(ecosystems.toSorted()).toEqual(['docker', 'github-actions', 'npm']);
    for (const { schedule, cooldown, groups } of updates) {
      expect(schedule.interval).toBe('weekly');
      expect(cooldown['default-days']).toBeGreaterThanOrEqual(7);
      expect(Object.keys(groups).length).toBeGreaterThan(0);
    }
  });
});

interface Update {
  'package-ecosystem': string;
  schedule: { interval: string };
  cooldown: { 'default-days': number };
  groups: object;
}

type Permissions = Record<string, string> | string;

interface Job {
  uses?: string;
  with?: Record<string, unknown>;
  secrets?: Record<string, string>;
  permissions?: Permissions;
  'timeout-minutes'?: number;
  steps?: { uses?: string; run?: string }[];
}

interface Workflow {
  text: string;
  on: {
    push?: { branches: string[]; paths?: string[] };
    workflow_call?: { inputs?: Record<string, { required?: boolean }>; secrets?: object };
  };
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

/** By file name. */
type Workflows = Record<string, Workflow>;

/** What holds of all workflows; each answers with what breaks it. */
const statements = {
  'actions are pinned by commit': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { text }]) =>
      [...text.matchAll(/^[\s-]*uses: (.*)$/gm)]
        .map(([, used = '']) => used)
        .filter(
          (used) => !used.startsWith('./') && !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used),
        )
        .map((used) => `${file}: ${used}`),
    ),
  'nothing may do more than it says': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { permissions, jobs }]) =>
      Object.entries(jobs)
        .filter(([, job]) => job.permissions && !isReadOnly(job.permissions, 'id-token'))
        .map(([name]) => `${file}: ${name}`)
        .concat(isReadOnly(permissions) ? [] : `${file} as a whole`),
    ),
  'jobs end in time': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { jobs }]) =>
      Object.entries(jobs)
        .filter(([, job]) => !job.uses && !job['timeout-minutes'])
        .map(([name]) => `${file}: ${name}`),
    ),
  'a service is deployed when what it is made of changes': (all: Workflows) =>
    Object.entries(services).flatMap(([service, folder]) => {
      const found = all[`${service}.yml`]?.on.push?.paths ?? [];
      const folders = [...workspacesOf(folder)].map((each) => `${each}/**`);
      const files = [
        'Dockerfile',
        '.dockerignore',
        'deploy/docker/gather-service.mjs',
        'package.json',
        'package-lock.json',
        'tsconfig.base.json',
      ];
      const own = [`${service}.yml`, 'build-and-deploy-service.yml'].map(
        (each) => `.github/workflows/${each}`,
      );
      const wanted = folders.concat(files, own);
      const missing = wanted.filter((each) => !found.includes(each));
      const needless = found.filter((each) => !wanted.includes(each));
      return missing
        .map((each) => `${service} lacks ${each}`)
        .concat(needless.map((each) => `${service} does not depend on ${each}`));
    }),
  'calls give what the called workflow asks for': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { jobs }]) =>
      Object.values(jobs).flatMap((job) => {
        if (!job.uses) return [];
        const called = all[basename(job.uses)];
        if (!called?.on.workflow_call) return [`${file} calls ${job.uses}, which can't be called`];
        const { inputs = {}, secrets = {} } = called.on.workflow_call;
        const given = { ...job.with, ...job.secrets };
        return [
          ...Object.keys(inputs).filter((name) => inputs[name]?.required && !(name in given)),
          ...Object.keys(given).filter((name) => !(name in inputs) && !(name in secrets)),
          ...Object.values(called.jobs).flatMap((each) =>
            exceeding(each.permissions ?? called.permissions, job.permissions),
          ),
        ].map((name) => `${file}: ${name}`);
      }),
    ),
  'no text from outside is run as a command': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { jobs }]) =>
      Object.values(jobs)
        .flatMap(({ steps = [] }) => steps.map(({ run }) => run ?? ''))
        .filter((run) => run.includes('${{'))
        .map((run) => `${file}: ${run}`),
    ),
  'no key of AWS is stored': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { text }]) =>
      [...text.matchAll(/secrets\.(\w+)/g)]
        .filter(([, name]) => name !== 'GITLEAKS_LICENSE')
        .map(([, name]) => `${file}: ${name}`),
    ),
} satisfies Record<string, (all: Workflows) => string[]>;

const isReadOnly = (permissions: Permissions | undefined, ...writable: string[]): boolean =>
  typeof permissions === 'object' &&
  Object.entries(permissions).every(
    ([name, level]) => level === 'read' || (level === 'write' && writable.includes(name)),
  );

/** A called workflow gets no more than its caller has: GitHub refuses to start it. */
const exceeding = (asked: Permissions | undefined, had: Permissions | undefined): string[] =>
  Object.entries(asked ?? {})
    .filter(([name, level]) => (had as Record<string, string> | undefined)?.[name] !== level)
    .map(([name, level]) => `${name}: ${String(level)}`);

const read = (path: string) => readFileSync(join(repository, path), 'utf8');

function workflows(changes: Record<string, (text: string) => string> = {}): Workflows {
  const files = globSync('.github/workflows/*.yml', { cwd: repository });
  return Object.fromEntries(
    files.map((path) => {
      const file = basename(path);
      const text = (changes[file] ?? String)(read(path));
      return [file, Object.assign(parse(text) as Workflow, { text })];
    }),
  );
}

const dependenciesOf = (folder: string): Record<string, string> =>
  (JSON.parse(read(`${folder}/package.json`)) as { dependencies?: Record<string, string> }).dependencies ??
  {};

/** The folder and those of the workspaces that it depends on, whatever the depth. */
function workspacesOf(folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  for (const name of Object.keys(dependenciesOf(folder)))
    if (name.startsWith('@agora/'))
      workspacesOf(relative(repository, realpathSync(join(repository, 'node_modules', name))), found);
  return found;
}
