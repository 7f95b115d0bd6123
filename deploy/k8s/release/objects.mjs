import { createHash } from 'node:crypto';
import { WrongUsage } from './failure.mjs';

const nameLabel = 'app.kubernetes.io/name';
const componentLabel = 'app.kubernetes.io/component';
export const ours = 'app.kubernetes.io/part-of=agora';

/** The objects of an overlay, its Jobs named by their content: another version is another Job, and a Job is never changed. */
export async function renderObjects(kubectl, overlay, images = {}) {
  const yaml = await kubectl.run(['kustomize', overlay]);
  // kubectl is what reads YAML here. The label is one that all objects have, and no server is asked.
  const json = await kubectl.run(
    ['label', '--local', '--overwrite', '--filename', '-', '--output', 'json', ours],
    yaml,
  );
  const objects = parseObjects(json);
  setImages(objects, images);
  for (const object of objects) if (object.kind === 'Job') nameByContent(object);
  return objects;
}

/** Those of one service, with the settings that all share; of all services for 'all'. */
export function selectObjects(objects, service) {
  if (service === 'all') return objects;
  const known = new Set(objects.map((object) => object.metadata.labels?.[nameLabel]).filter(Boolean));
  if (!known.has(service))
    throw new WrongUsage(
      `there is no ${service}; there are all, ${[...known].toSorted((a, b) => a.localeCompare(b)).join(', ')}`,
    );
  return objects.filter(
    ({ metadata: { labels } }) => labels?.[nameLabel] === service || labels?.[componentLabel] === 'settings',
  );
}

/** In which order: each stage is applied, and waited for, before the next. */
export function stagesOf(objects) {
  const kinds = (...wanted) => objects.filter(({ kind }) => wanted.includes(kind));
  const jobsThat = (provision) =>
    kinds('Job').filter((job) => (job.metadata.labels?.[componentLabel] === 'provisioning') === provision);
  const workloads = new Set([
    'Namespace',
    'StatefulSet',
    'Job',
    'CronJob',
    'Deployment',
    'HorizontalPodAutoscaler',
  ]);
  return [
    // First, so that no pod is made before the namespace says what pods may do.
    kinds('Namespace'),
    objects.filter(({ kind }) => !workloads.has(kind)),
    kinds('StatefulSet'),
    jobsThat(true),
    jobsThat(false),
    kinds('CronJob', 'Deployment', 'HorizontalPodAutoscaler'),
  ].filter((stage) => stage.length > 0);
}

/** migrate-votes-0a1b2c3d4e → migrate-votes, for names that nameByContent made. */
export const baseNameOf = (name) => /^(.+)-[0-9a-f]{10}$/.exec(name)?.[1];

function nameByContent(job) {
  // What is finished is pruned by later releases; it must not go by itself, or else the next release would run it again.
  delete job.spec.ttlSecondsAfterFinished;
  const digest = createHash('sha256').update(JSON.stringify(job.spec)).digest('hex');
  job.metadata.name = `${job.metadata.name}-${digest.slice(0, 10)}`;
}

/** { votes: 'registry.example.com/votes@sha256:…' } → every container whose image ends in /votes or is agora-votes. */
function setImages(objects, images) {
  for (const [name, image] of Object.entries(images)) {
    const containers = objects.flatMap(containersOf).filter((each) => targetOf(each.image) === name);
    if (containers.length === 0) throw new WrongUsage(`no container has the image ${name}`);
    for (const container of containers) container.image = image;
  }
}

const targetOf = (image) => /(?:^|\/)(?:agora-)?([\w.-]+?)(?::[\w.-]+)?(?:@.*)?$/.exec(image)?.[1];

function containersOf({ kind, spec }) {
  const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template;
  return [...(template?.spec?.initContainers ?? []), ...(template?.spec?.containers ?? [])];
}

/** kubectl prints one JSON document after the other, each ending in a line that is a brace alone. */
export const parseObjects = (text) =>
  text
    .split(/^(?=\{$)/m)
    .filter((each) => each.trim() !== '')
    .map((each) => JSON.parse(each));
