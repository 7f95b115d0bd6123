import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failure.mjs';
import { ours } from './objects.mjs';
import { explainPod, problemOf } from './pods.mjs';

const waitedFor = new Set(['Deployment', 'StatefulSet', 'Job']);

/**
 * Resolves when every Job of these objects is complete and every Deployment and StatefulSet runs what it specifies; reports each step. Throws a Failure at the
 * first pod that can't come up, the first Job that has failed, and when the deadline has passed.
 */
export async function waitForObjects(kubectl, objects, { deadline, patience, interval, print }) {
  let waiting = objects.filter(({ kind }) => waitedFor.has(kind));
  const told = new Map();
  while (waiting.length > 0) {
    const cluster = await kubectl.list('deployments,replicasets,statefulsets,jobs,pods', ours);
    const done = new Set();
    for (const object of waiting) {
      const name = `${object.kind} ${object.metadata.name}`;
      const found = cluster.find(({ kind, metadata }) => `${kind} ${metadata.name}` === name);
      const { text, isDone, failed, retried } = stateOf(found);
      if (told.get(name) !== text) {
        print(`${name}: ${text}`);
        if (retried)
          for (const line of await explainLast(podsOf(found, cluster), kubectl)) print(`  ${line}`);
      }
      told.set(name, text);
      if (isDone) done.add(object);
      else if (found) await failWithPods(found, podsOf(found, cluster), failed, kubectl, patience);
    }
    waiting = waiting.filter((object) => !done.has(object));
    if (waiting.length === 0) return;
    if (Date.now() > deadline) await failLate(waiting, cluster, told, kubectl);
    await sleep(interval);
  }
}

async function failWithPods(object, pods, failed, kubectl, patience) {
  const name = `${object.kind} ${object.metadata.name}`;
  for (const pod of pods) {
    const problem = await problemOf(pod, kubectl, patience);
    if (problem)
      throw new Failure(`${name}: pod ${pod.metadata.name}: ${problem}`, await explainPod(pod, kubectl));
  }
  if (failed) throw new Failure(`${name}: ${failed}`, await explainLast(pods, kubectl));
}

/** Of the newest pod, if there is one. */
async function explainLast(pods, kubectl) {
  const byAge = (a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1);
  const last = pods.toSorted(byAge).at(-1);
  return last ? explainPod(last, kubectl) : [];
}

async function failLate(waiting, cluster, told, kubectl) {
  const details = [];
  for (const { kind, metadata } of waiting) {
    const name = `${kind} ${metadata.name}`;
    details.push(`${name}: ${told.get(name)}`);
    const found = cluster.find((each) => `${each.kind} ${each.metadata.name}` === name);
    const unready = found ? podsOf(found, cluster).find((pod) => !isReady(pod)) : undefined;
    if (unready)
      details.push(`pod ${unready.metadata.name} is not ready`, ...(await explainPod(unready, kubectl)));
  }
  throw new Failure('the time is over; --timeout gives more', details);
}

/** The state of an object in the cluster: a description, whether it is done, and why it has failed. */
function stateOf(object) {
  if (!object) return { text: 'is not there yet' };
  if (object.kind === 'Job') return stateOfJob(object);
  const { metadata, spec, status = {} } = object;
  if ((status.observedGeneration ?? 0) < metadata.generation) return { text: 'was not looked at yet' };
  const wanted = spec.replicas ?? 1;
  const { updatedReplicas = 0, replicas = 0 } = status;
  const available = (object.kind === 'Deployment' ? status.availableReplicas : status.readyReplicas) ?? 0;
  const stuck = status.conditions?.find(({ reason }) => reason === 'ProgressDeadlineExceeded');
  return {
    text: `${updatedReplicas} of ${wanted} are of this version, ${available} are ready`,
    // Those of the version before have gone.
    isDone: updatedReplicas >= wanted && available >= wanted && replicas <= updatedReplicas,
    failed: stuck?.message,
  };
}

function stateOfJob({ status = {} }) {
  const condition = (type) => status.conditions?.find((each) => each.type === type && each.status === 'True');
  const failed = condition('Failed');
  if (condition('Complete')) return { text: 'is complete', isDone: true };
  if (failed) return { text: 'has failed', failed: `${failed.reason}: ${failed.message}` };
  if (!status.failed) return { text: 'runs' };
  return { text: `has failed ${status.failed} times and is tried again`, retried: true };
}

/** The pods of this version of a workload; failures of the previous version's pods do not count. */
function podsOf({ kind, metadata, status }, cluster) {
  const ownedBy = (uid) =>
    cluster.filter((each) => each.metadata.ownerReferences?.some((owner) => owner.uid === uid));
  const pods = (uid) => ownedBy(uid).filter((each) => each.kind === 'Pod');
  if (kind === 'Job') return pods(metadata.uid);
  if (kind === 'StatefulSet')
    return pods(metadata.uid).filter(
      (pod) => pod.metadata.labels?.['controller-revision-hash'] === status?.updateRevision,
    );
  const revision = 'deployment.kubernetes.io/revision';
  const newest = ownedBy(metadata.uid).find(
    (each) =>
      each.kind === 'ReplicaSet' &&
      each.metadata.annotations?.[revision] === metadata.annotations?.[revision],
  );
  return newest ? pods(newest.metadata.uid) : [];
}

const isReady = ({ status }) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
