import { globSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const repository = fileURLToPath(new URL('..', import.meta.url));
/** image → the workspace that it is made of. */
export const images = {
  auth: 'services/auth',
  posts: 'services/posts',
  votes: 'services/votes',
  gateway: 'gateway',
  setup: 'services/auth',
};

interface Step {
  name?: string;
  if?: string;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
}

export interface Action {
  runs: { steps: Step[] };
}

type Permissions = Record<string, string> | string;

interface Job {
  strategy?: { matrix: Record<string, string[]> };
  uses?: string;
  with?: Record<string, unknown>;
  secrets?: Record<string, string>;
  permissions?: Permissions;
  'timeout-minutes'?: number;
  steps?: Step[];
}

interface Workflow {
  name: string;
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

const write = ['id-token', 'attestations', 'packages'];

/** What holds of all workflows; each answers with what breaks it. */
export const statements = {
  'actions are pinned by commit': (all: Workflows) =>
    [...Object.entries(all), ...ownActions()].flatMap(([file, { text }]) =>
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
        .filter(([, job]) => job.permissions && !isReadOnly(job.permissions, ...write))
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
    Object.entries(images).flatMap(([service, folder]) => {
      const found = all[`${service}.yml`]?.on.push?.paths ?? [];
      const folders = [...workspacesOf(folder)].map((each) => `${each}/**`);
      const files = [
        'Dockerfile',
        '.dockerignore',
        ...(service === 'setup'
          ? ['deploy/docker/**', 'deploy/k8s/**']
          : ['deploy/docker/gather-service.mjs']),
        'package.json',
        'package-lock.json',
        'tsconfig.base.json',
      ];
      const own = [`${service}.yml`, 'build-and-deploy-service.yml'].map(
        (each) => `.github/workflows/${each}`,
      );
      const wanted = folders.concat(files, own, '.github/actions/**');
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
  // The roles are bound to the workflow in deploy/ecs (a test of it), the signature by its name.
  'what is released is what our own workflow has signed': (all: Workflows) => {
    const text = all['build-and-deploy-service.yml']?.text ?? '';
    const verifying = '--certificate-github-workflow-name "$SERVICE"';
    const roles = [...text.matchAll(/role\/(\S+)/g)].map(([, role = '']) => role);
    const own = ['build', 'deploy'].map((verb) => `agora-\u0024{{ inputs.service }}-${verb}`);
    return [
      ...(text.includes(verifying) ? [] : ['it looks at no name of a workflow']),
      ...roles.filter((role) => !role.startsWith('agora-${{') || !own.some((each) => each.startsWith(role))),
      ...Object.keys(images).filter((image) => all[`${image}.yml`]?.name !== image),
    ];
  },
  'every image is built for both platforms': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { jobs }]) =>
      Object.entries(jobs)
        .filter(([, { steps = [] }]) => steps.some(({ uses }) => uses === './.github/actions/build-image'))
        .filter(([, { strategy }]) => strategy?.matrix.runner?.join() !== 'ubuntu-24.04,ubuntu-24.04-arm')
        .map(([name]) => `${file}: ${name}`),
    ),
  'a service goes to Kubernetes or to ECS, and never to both': (all: Workflows) =>
    (all['build-and-deploy-service.yml']?.jobs.deploy?.steps ?? [])
      .filter(({ run }) => /release\.mjs|cdk/.test(run ?? ''))
      .filter(({ run = '', if: condition = '' }) => {
        const where = run.includes('release.mjs') ? '==' : '!=';
        return !condition.startsWith(`vars.DEPLOY_TO ${where} 'kubernetes'`);
      })
      .map(({ name }) => String(name)),
  'no text from outside is run as a command': (all: Workflows) =>
    Object.entries(all).flatMap(([file, { jobs }]) =>
      Object.values(jobs)
        .flatMap(({ steps = [] }) => steps.map(({ run }) => run ?? ''))
        .concat(
          file === 'check.yml'
            ? ownActions().flatMap(([, { runs }]) => runs.steps.map(({ run }) => run ?? ''))
            : [],
        )
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

/** The composite actions of this repository, by path. */
const ownActions = (): [string, Action & { text: string }][] =>
  globSync('.github/actions/*/action.yml', { cwd: repository }).map((path) => {
    const text = read(path);
    return [path, Object.assign(parse(text) as Action, { text })];
  });

export const read = (path: string) => readFileSync(join(repository, path), 'utf8');

export function workflows(changes: Record<string, (text: string) => string> = {}): Workflows {
  const files = globSync('.github/workflows/*.yml', { cwd: repository });
  return Object.fromEntries(
    files.map((path) => {
      const file = basename(path);
      const text = (changes[file] ?? String)(read(path));
      return [file, Object.assign(parse(text) as Workflow, { text })];
    }),
  );
}

export const dependenciesOf = (folder: string): Record<string, string> =>
  (JSON.parse(read(`${folder}/package.json`)) as { dependencies?: Record<string, string> }).dependencies ??
  {};

/** The folder and those of the workspaces that it depends on, whatever the depth. */
export function workspacesOf(folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  for (const name of Object.keys(dependenciesOf(folder)))
    if (name.startsWith('@agora/'))
      workspacesOf(relative(repository, realpathSync(join(repository, 'node_modules', name))), found);
  return found;
}
