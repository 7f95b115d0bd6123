import { Failure } from './failure.mjs';
import { renderObjects, selectObjects, stagesOf } from './objects.mjs';
import { prune } from './prune.mjs';
import { requireKinds } from './requirements.mjs';
import { waitForObjects } from './wait.mjs';

/** Brings the cluster to what the overlay says about one service, or 'all', stage by stage; resolves with the number of changed objects. */
export async function release(kubectl, service, { overlay, images, rerun, print, ...pace }) {
  const objects = await renderObjects(kubectl, overlay, images);
  const selected = selectObjects(objects, service);
  await requireKinds(kubectl, selected);

  let changed = 0;
  for (const stage of stagesOf(selected)) {
    for (const job of stage.filter(({ kind }) => kind === 'Job')) await makeRoom(kubectl, job, rerun);
    const lines = await apply(kubectl, stage);
    for (const line of lines) print(line);
    changed += lines.length;
    await waitForObjects(kubectl, stage, { ...pace, print: changed > 0 ? print : () => undefined }).catch(
      (error) => {
        const deployment = /^Deployment ([\w-]+): /.exec(error.message)?.[1];
        if (deployment)
          error.details?.push(
            `The version before serves on; to go back: kubectl rollout undo deployment/${deployment}`,
          );
        throw error;
      },
    );
  }
  await prune(kubectl, objects, print);
  return changed;
}

/** A Job that has failed would never run again under its name. */
async function makeRoom(kubectl, { metadata: { name } }, rerun) {
  const found = await kubectl.find('job', name);
  const has = (type) =>
    found?.status?.conditions?.some((each) => each.type === type && each.status === 'True');
  if (has('Failed') || (rerun && has('Complete'))) await kubectl.run(['delete', 'job', name]);
}

async function apply(kubectl, stage) {
  try {
    return await kubectl.apply(stage);
  } catch (error) {
    const isImmutable = /immutable|updates to statefulset spec for fields other than/.test(
      error.details?.join('\n'),
    );
    if (!isImmutable) throw error;
    throw new Failure("the cluster has an object with a field that can't be changed", [
      ...error.details,
      'Look what it is. A StatefulSet is replaced without stopping its pods: kubectl delete statefulset <name> --cascade=orphan, then release again.',
    ]);
  }
}
