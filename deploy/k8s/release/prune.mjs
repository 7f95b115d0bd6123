import { baseNameOf, ours } from './objects.mjs';

/** Of each sort. */
const jobsKept = 3;
/** A release that is under way elsewhere has applied its settings, and not yet what reads them. */
const youngMilliseconds = 3_600_000;

const whoReads = 'replicasets,controllerrevisions,deployments,statefulsets,cronjobs,jobs,pods';

/** Deletes the settings of versions that can no longer be rolled back to, and finished Jobs of all but the last three versions. */
export async function prune(kubectl, objects, print) {
  const current = new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  const isOld = ({ kind, metadata }) =>
    !current.has(`${kind} ${metadata.name}`) &&
    Date.now() - Date.parse(metadata.creationTimestamp) > youngMilliseconds;

  const jobs = await kubectl.list('jobs', ours);
  await remove('job', oldJobs(jobs).filter(isOld));

  const readers = JSON.stringify(await kubectl.list(whoReads, ours));
  const settings = await kubectl.list('configmaps', `${ours},app.kubernetes.io/component=settings`);
  await remove(
    'configmap',
    settings.filter((map) => isOld(map) && !readers.includes(`"${map.metadata.name}"`)),
  );

  async function remove(kind, unused) {
    if (unused.length === 0) return;
    const names = unused.map(({ metadata }) => metadata.name);
    await kubectl.run(['delete', kind, ...names, '--ignore-not-found']);
    print(`deleted what nobody needs any more: ${kind} ${names.join(', ')}`);
  }
}

function oldJobs(jobs) {
  const sorts = new Map();
  for (const job of jobs) {
    const isFinished = job.status?.conditions?.some(
      ({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True',
    );
    const sort = baseNameOf(job.metadata.name);
    if (sort && isFinished) sorts.set(sort, [...(sorts.get(sort) ?? []), job]);
  }
  const byAge = (a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1);
  return [...sorts.values()].flatMap((each) => each.toSorted(byAge).slice(jobsKept));
}
