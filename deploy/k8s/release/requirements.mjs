import { Failure } from './failure.mjs';

/** From `sleep` before a pod stops on. */
const leastKubernetes = 30;

/** The operators whose kinds are used, by group and version, and the first release that has them. */
const operators = {
  'cert-manager.io/v1': 'cert-manager, 1.0 or later',
  'external-secrets.io/v1': 'External Secrets Operator, 0.16 or later',
  'monitoring.coreos.com/v1':
    'Prometheus Operator, 0.39 or later (or leave out the component prometheus-operator)',
  'gateway.networking.k8s.io/v1': 'Gateway API, 1.0 or later, and a controller for it',
};

/** Throws a Failure that names everything that the cluster lacks for these objects. */
export async function requireKinds(kubectl, objects) {
  const { major, minor } = (await kubectl.ask('/version')) ?? {};
  const missing = [];
  if (major === '1' && Number.parseInt(minor, 10) < leastKubernetes)
    missing.push(`Kubernetes 1.${leastKubernetes} or later; this is 1.${minor}`);

  for (const apiVersion of new Set(objects.map((object) => object.apiVersion))) {
    // The core group is always there.
    if (!apiVersion.includes('/')) continue;
    const known = new Set((await kubectl.ask(`/apis/${apiVersion}`))?.resources?.map(({ kind }) => kind));
    const kinds = new Set(objects.filter((each) => each.apiVersion === apiVersion).map(({ kind }) => kind));
    for (const kind of kinds)
      if (!known.has(kind))
        missing.push(`${kind} (${apiVersion}): ${operators[apiVersion] ?? 'install whatever brings it'}`);
  }
  if (missing.length > 0)
    throw new Failure('the cluster lacks what the overlay needs; nothing was applied', missing);
}
