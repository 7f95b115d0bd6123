/** What a pod can't overcome without somebody's help. */
const fatal = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/** The kubelet of a busy node tries this again by itself. */
const isRetried = (message) => /failed to sync \w+ cache/.test(message);

/** Why this pod will not come up: a reason and a message; undefined if it may. For a node and for its Secrets it has `patience` (milliseconds). */
export async function problemOf(pod, kubectl, patience) {
  for (const { state, lastState } of statusesOf(pod)) {
    const { reason, message = '' } = state?.waiting ?? {};
    if (!fatal.has(reason) || isRetried(message)) continue;
    const ended = lastState?.terminated;
    const code = ended ? `; it ended with code ${ended.exitCode} (${ended.reason})` : '';
    return `${reason}: ${message}${code}`;
  }
  if (pod.status?.phase !== 'Pending') return undefined;

  const placed = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (isOlder(placed?.lastTransitionTime ?? pod.metadata.creationTimestamp, patience)) {
    if (placed?.reason === 'Unschedulable') return `it can't be scheduled: ${placed.message}`;
    const mount = (await warningsOf(pod, kubectl)).findLast(({ reason }) => reason === 'FailedMount');
    if (mount) return mount.message;
  }
  return undefined;
}

/** Further lines that explain why: its last warnings, and the last lines of its log. */
export async function explainPod(pod, kubectl) {
  const warnings = await warningsOf(pod, kubectl).catch(() => []);
  const crashed = statusesOf(pod).some(({ restartCount, state }) => restartCount > 0 && state?.waiting);
  const started = statusesOf(pod).some(
    ({ state, lastState }) => state?.terminated || state?.running || lastState?.terminated,
  );
  const log = started
    ? await kubectl
        .run([
          'logs',
          pod.metadata.name,
          '--all-containers',
          '--tail',
          '20',
          ...(crashed ? ['--previous'] : []),
        ])
        .catch(() => '')
    : '';
  return [
    ...warnings.slice(-5).map(({ reason, message }) => `event: ${reason}: ${message}`),
    ...log
      .split('\n')
      .filter(Boolean)
      .map((line) => `log: ${line}`),
  ];
}

const statusesOf = ({ status }) => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

async function warningsOf({ metadata: { name } }, kubectl) {
  const selector = `involvedObject.name=${name},type=Warning`;
  const text = await kubectl.run(['get', 'events', '--field-selector', selector, '--output', 'json']);
  const timeOf = ({ lastTimestamp, eventTime, metadata }) =>
    lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '';
  return JSON.parse(text).items.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
}

const isOlder = (time, milliseconds) => Date.now() - Date.parse(time) >= milliseconds;
