import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canRender } from '../check/render.ts';
import { fakeKubectl, type FakeKubectl } from './fake-kubectl.ts';

const digest = `registry.example.com/agora/votes@sha256:${'a'.repeat(64)}`;
const labels = { 'app.kubernetes.io/name': 'votes', 'app.kubernetes.io/part-of': 'agora' };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: 'votes', image: 'agora-votes:1.0.0' }] },
};

const rendered = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'agora', labels } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'process-22', labels: { 'app.kubernetes.io/component': 'settings' } },
  },
  { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'nats-tls' } },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate-votes', labels },
    spec: { ttlSecondsAfterFinished: 3600, template },
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'votes', labels }, spec: { template } },
];

const condition = (type: string, more = {}) => ({ type, status: 'True', ...more });
const owned = (uid: string) => ({ ownerReferences: [{ uid }] });
const pod = (owner: string, status: object) => ({
  kind: 'Pod',
  metadata: { name: `${owner}-pod`, creationTimestamp: '2026-01-01T00:00:00Z', ...owned(owner) },
  status,
});
const waiting = (reason: string, message: string, more = {}) => ({
  phase: 'Pending',
  containerStatuses: [{ restartCount: 0, state: { waiting: { reason, message } }, ...more }],
});
/** The Job that was made last. */
const job = (status: object) => ({ kind: 'Job', metadata: { name: '$JOB', uid: 'job' }, status });
const complete = job({ conditions: [condition('Complete')] });
const endedPod = pod('job', {
  phase: 'Failed',
  containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 1 } } }],
});
const revision = { 'deployment.kubernetes.io/revision': '2' };
const deployment = (status: object) => ({
  kind: 'Deployment',
  metadata: { name: 'votes', uid: 'deployment', generation: 2, annotations: revision },
  spec: { replicas: 3 },
  status,
});
const replicaSet = (uid: string, annotations: object) => ({
  kind: 'ReplicaSet',
  metadata: { name: uid, uid, annotations, ...owned('deployment') },
});
const serving = deployment({ observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
const rolling = deployment({ observedGeneration: 2, replicas: 4, updatedReplicas: 1, availableReplicas: 3 });

let kubectl: FakeKubectl;
beforeEach(() => {
  kubectl = fakeKubectl();
  kubectl.answers('kustomize', 'yaml');
  kubectl.answers('label --local', rendered.map((each) => JSON.stringify(each, undefined, 4)).join('\n'));
  kubectl.answers('get --raw /version', { major: '1', minor: '33+' });
  for (const group of ['apps/v1', 'batch/v1', 'cert-manager.io/v1'])
    kubectl.answers(`get --raw /apis/${group}$`, {
      resources: rendered.filter(({ apiVersion }) => apiVersion === group),
    });
  kubectl.answers('get job migrate', '');
  kubectl.answers('^create', '');
  kubectl.answers('^apply', 'object/one configured\nobject/two unchanged\n');
  kubectl.answers('get events', { items: [] });
  kubectl.answers('^logs', 'the last words\n');
  kubectl.answers('^(get (jobs|configmaps|replicasets)|delete)', { items: [] });
});
afterEach(() => kubectl.remove());

/** The cluster's answers while the release waits. */
const clusterHas = (...items: object[]) => kubectl.answers('get deployments,', { items });
const release = (...more: string[]) =>
  kubectl.run('release', 'votes', '--overlay', 'local', '--image', digest, ...more);
/** The names of what was applied, call by call. */
const applied = () =>
  kubectl
    .calls()
    .filter(({ args }) => args.startsWith('apply'))
    .map(({ input }) =>
      (JSON.parse(input) as { items: { metadata: { name: string } }[] }).items.map(
        ({ metadata }) => metadata.name,
      ),
    );

describe('release', () => {
  it('applies the namespace, the settings, the migration and the process, each when the one before is done', () => {
    clusterHas(complete, serving);

    expect([release(), kubectl.errors]).toEqual([0, '']);

    expect(applied()).toEqual([
      ['agora'],
      ['process-22'],
      [expect.stringMatching(/^migrate-votes-[0-9a-f]{10}$/)],
      ['votes'],
    ]);
    const calls = kubectl.calls();
    expect(JSON.stringify(calls.filter(({ args }) => args.startsWith('apply')))).not.toContain(
      'agora-votes:1.0.0',
    );
    expect(kubectl.output).toMatch(/Job migrate-votes-\w{10}: is complete/);
    expect(kubectl.output).toContain('4 objects have changed');
  });

  it('takes no PodDisruptionBudget for changed whose version is the same, whatever kubectl says', () => {
    const own = { 'app.kubernetes.io/name': 'alone' };
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'votes', labels: own },
    };
    kubectl.answers('^label --local', JSON.stringify(budget, undefined, 4));
    kubectl.answers('^get --raw /apis/policy/v1', { resources: [budget] });
    kubectl.answers('^get poddisruptionbudgets', {
      items: [{ metadata: { name: 'votes', resourceVersion: '7' } }],
    });
    kubectl.answers('^apply', 'poddisruptionbudget.policy/votes configured\n');

    expect([kubectl.run('release', 'alone', '--overlay', 'local'), kubectl.output]).toEqual([
      0,
      expect.stringMatching(/^nothing has changed\n/),
    ]);
  });

  it('says that nothing has changed when nothing has', () => {
    clusterHas(complete, serving);
    kubectl.answers('^apply', 'object/one unchanged\n');

    expect([release(), kubectl.output]).toEqual([0, expect.stringMatching(/^nothing has changed\n/)]);
  });

  it('deletes finished Jobs but for three of a sort, and settings that nothing names any more', () => {
    clusterHas(complete, serving);
    const at = (day: number) => `2026-01-0${day}T00:00:00Z`;
    const finished = (kind: string, name: string, day: number) => ({
      kind,
      metadata: { name, creationTimestamp: at(day) },
      status: { conditions: [condition('Complete')] },
    });
    const names = [1, 2, 3, 4, 5].map((day) => `migrate-votes-000000000${day}`);
    kubectl.answers('get jobs', {
      items: [
        ...names.map((name, index) => finished('Job', name, index + 1)),
        finished('Job', 'audit-votes-now', 1),
      ],
    });
    const settings = ['process-00', 'process-11', 'process-22'];
    kubectl.answers('get configmaps', { items: settings.map((name) => finished('ConfigMap', name, 1)) });
    kubectl.answers('get replicasets', { items: [{ spec: { configMapRef: { name: 'process-11' } } }] });

    expect(release()).toBe(0);

    const deleted = kubectl.calls().filter(({ args }) => args.startsWith('delete'));
    expect(deleted.map(({ args }) => args.replace(/ --.*/, ''))).toEqual([
      'delete job migrate-votes-0000000002 migrate-votes-0000000001',
      'delete configmap process-00',
    ]);
  });

  it('runs a Job again that has failed under the same name', () => {
    clusterHas(complete, serving);
    kubectl.answers('get job migrate', { status: { conditions: [condition('Failed')] } });

    expect(release()).toBe(0);
    expect(
      kubectl
        .calls()
        .map(({ args }) => args)
        .join('\n'),
    ).toMatch(/^delete job migrate-votes-\w{10}/m);
  });
});

// Without kubectl the rest can still be tested.
const describeRendered = canRender ? describe : describe.skip;

describeRendered('render', () => {
  it('names a Job by its content, the same every time', () => {
    const namesWith = (...args: string[]) => {
      const command = [join(import.meta.dirname, '../release.mjs'), 'render', 'votes', ...args];
      const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      return [...stdout.matchAll(/"kind": "(\w+)",\n {2}"metadata": \{[^]*?\n {4}"name": "([^"]+)"/g)].map(
        ([, kind, name]) => `${kind} ${name}`,
      );
    };
    const before = namesWith();
    const after = namesWith('--image', digest);
    expect(namesWith()).toEqual(before);
    expect(after.filter((name) => !before.includes(name))).toEqual([
      expect.stringMatching(/^Job migrate-votes-\w{10}$/),
    ]);
  });
});

describe('a release that fails', () => {
  it.each([
    [
      'a migration that fails',
      [
        job({ conditions: [condition('Failed', { reason: 'BackoffLimitExceeded', message: 'too often' })] }),
        endedPod,
      ],
      ['BackoffLimitExceeded: too often', 'log: the last words'],
    ],
    [
      'an image that is not there',
      [
        complete,
        rolling,
        replicaSet('new', revision),
        pod('new', waiting('ImagePullBackOff', 'Back-off pulling')),
      ],
      ['Deployment votes: pod new-pod: ImagePullBackOff: Back-off pulling', 'rollout undo deployment/votes'],
    ],
    [
      'a process that crashes',
      [
        complete,
        rolling,
        replicaSet('new', revision),
        pod(
          'new',
          waiting('CrashLoopBackOff', 'back-off', {
            restartCount: 2,
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          }),
        ),
      ],
      ['CrashLoopBackOff', 'code 137 (OOMKilled)', 'log: the last words'],
    ],
    [
      'a pod without a node',
      [
        complete,
        rolling,
        replicaSet('new', revision),
        pod('new', {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes are available',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        }),
      ],
      ["can't be scheduled: 0/3 nodes are available"],
    ],
  ])('reports %s, and why', (_, items, said) => {
    clusterHas(...items);

    expect(release()).toBe(1);
    for (const text of said) expect(kubectl.errors).toContain(text);
  });

  it('does not hold pods of the version before against this one, and says what it waited for when the time is over', () => {
    clusterHas(complete, rolling, replicaSet('old', {}), pod('old', waiting('CrashLoopBackOff', 'old')));

    expect(release('--timeout', '0s')).toBe(1);
    expect(kubectl.errors).toContain('the time is over');
    expect(kubectl.errors).toContain('Deployment votes: 1 of 3 are of this version, 3 are ready');
    expect(kubectl.errors).not.toContain('CrashLoopBackOff');
  });

  it('waits for a kubelet that has not received a ConfigMap yet', () => {
    const message = 'failed to sync configmap cache: timed out waiting for the condition';
    clusterHas(
      complete,
      rolling,
      replicaSet('new', revision),
      pod('new', waiting('CreateContainerConfigError', message)),
    );

    expect(release('--timeout', '0s')).toBe(1);
    expect(kubectl.errors).toContain('the time is over');
    expect(kubectl.errors).not.toContain(message);
  });

  it('names what the cluster lacks before it applies anything', () => {
    clusterHas(complete, serving);
    kubectl.answers('get --raw /version', { major: '1', minor: '29' });
    kubectl.fails(
      'get --raw /apis/cert-manager',
      'Error from server (NotFound): the server could not find the requested resource',
    );

    expect(kubectl.run('release', 'all', '--overlay', 'local')).toBe(1);
    expect(kubectl.errors).toContain('Kubernetes 1.30 or later; this is 1.29');
    expect(kubectl.errors).toContain('Certificate (cert-manager.io/v1): cert-manager, 1.0 or later');
    expect(applied()).toEqual([]);
  });

  it('says what to do about a field that cannot be changed', () => {
    clusterHas(complete, serving);
    kubectl.fails(
      '^apply',
      'The StatefulSet "nats" is invalid: spec: Forbidden: updates to statefulset spec for fields other than',
    );

    expect(release()).toBe(1);
    expect(kubectl.errors).toContain('--cascade=orphan');
  });

  it.each([
    [['release', 'blog', '--overlay', 'local'], 'there is no blog; there are all, votes'],
    [['release', 'votes', '--overlay', 'local', '--image', 'votes:2'], 'has no digest'],
    [['release', 'votes', '--overlay', 'nowhere'], 'there is no overlay nowhere'],
    [['release', 'votes', '--timeout', 'long'], '--timeout long is no time'],
    [['keys', 'retire', 'kid'], 'say --yes'],
    [['audit', 'auth'], 'auth has no audit'],
    [['undo'], 'there is no undo'],
    [[], 'do what?'],
  ])('ends with 2 when it is asked wrongly: %j', (args, said) => {
    expect([kubectl.run(...args), kubectl.errors]).toEqual([2, expect.stringContaining(said)]);
    expect(kubectl.errors).toContain('Usage: node release.mjs');
  });
});

describe('keys and audit', () => {
  const cronJob = {
    metadata: { labels },
    spec: {
      jobTemplate: {
        spec: { template: { spec: { containers: [{ args: ['operate.js', 'keys', 'rotate'] }] } } },
      },
    },
  };
  /** The Job that was made, and runs as the cluster says. */
  const created = () => kubectl.calls().find(({ args }) => args.startsWith('create'))?.input ?? '';

  it('run the command of the CronJob with other arguments, print what it says, and fail as it does', () => {
    kubectl.answers('get cronjob rotate-keys', cronJob);
    clusterHas(complete);

    expect([
      kubectl.run('keys', 'retire', 'kid', '--yes'),
      kubectl.errors.replace(/^Job .*\n/gm, ''),
    ]).toEqual([0, '']);
    expect(created()).toContain('"args":["operate.js","keys","retire","kid","--yes"]');
    expect(created()).toContain('"backoffLimit":0');
    expect(kubectl.output).toBe('the last words\n');
  });

  it('end with 1 when an audit finds drift', () => {
    kubectl.answers('get cronjob audit-votes', cronJob);
    clusterHas(
      job({ conditions: [condition('Failed', { reason: 'BackoffLimitExceeded', message: '' })] }),
      endedPod,
    );

    expect(kubectl.run('audit', 'votes')).toBe(1);
    expect(kubectl.errors).toContain('log: the last words');
  });
});
