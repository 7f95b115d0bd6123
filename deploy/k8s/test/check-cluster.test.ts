import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { canRender, renderFolder, renderOverlay } from '../check/render.ts';
import { podsOf, targetOf } from './cluster.ts';

const checker = join(import.meta.dirname, '../check-cluster');
const folder = mkdtempSync(join(tmpdir(), 'agora-check-cluster-'));
afterAll(() => rmSync(folder, { recursive: true }));

const targets = ['auth', 'posts', 'votes', 'gateway', 'setup'];
const images = Object.fromEntries(
  targets.map((target) => [target, `registry.example.org/agora-${target}:2`]),
);

const describeRendered = canRender ? describe : describe.skip;

/** The objects of the check's own overlay on top of that shape. */
function renderShape(shape: string) {
  const given = { shape, namespace: 'checked', doorNamespace: 'door', images };
  const overlay = join(folder, shape);
  const script = `import { writeOverlay } from ${JSON.stringify(join(checker, 'overlay.mjs'))};
    writeOverlay(${JSON.stringify(overlay)}, ${JSON.stringify(given)});`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', script]);
  return renderFolder(overlay);
}

describeRendered('what the check of a cluster installs', () => {
  it.each(['local', 'production'])('is %s in its own namespace, with its own images', (shape) => {
    const objects = renderShape(shape);

    const namespaces = objects.map(
      ({ kind, metadata }) => metadata[kind === 'Namespace' ? 'name' : 'namespace'],
    );
    expect(new Set(namespaces)).toEqual(new Set(['checked']));
    const pods = podsOf(objects).filter((pod) => targetOf(pod));
    expect(pods.length).toBeGreaterThan(8);
    for (const { container } of pods) expect(Object.values(images)).toContain(container.image);
  });

  it('leaves out of production the objects of operators, and nothing else', () => {
    const kindsOf = (objects: { apiVersion: string; kind: string; metadata: { name: string } }[]) =>
      objects
        .filter(({ apiVersion }) => /^(v1|[a-z]+\/v\d|[\w.]+\.k8s\.io\/v\d)$/.test(apiVersion))
        // Settings end in a hash of their content.
        .map(
          ({ kind, metadata }) =>
            `${kind} ${kind === 'ConfigMap' ? metadata.name.slice(0, -11) : metadata.name}`,
        );
    const objects = renderShape('production');

    const expected = [
      ...kindsOf(renderOverlay('production')).map((each) =>
        each.replace('Namespace agora', 'Namespace checked'),
      ),
      ...['StatefulSet', 'Service', 'NetworkPolicy'].map((kind) => `${kind} postgres`),
    ];
    expect(kindsOf(objects).toSorted()).toEqual(expected.toSorted());
    expect(objects).toHaveLength(expected.length);
  });
});

describe('the check of a cluster', () => {
  it.each([[[]], [['--context', 'production']], [['--context', 'production', '--yes', '--only', 'nothing']]])(
    'touches no cluster when it is asked with %j',
    (args) => {
      const env = { PATH: '/usr/local/bin:/usr/bin:/bin', KUBECTL: 'true' };
      const { status, stderr } = spawnSync(process.execPath, [join(checker, 'main.mjs'), ...args], { env });

      expect([status, stderr.toString()]).toEqual([
        2,
        expect.stringContaining('Usage: scripts/check-cluster.sh'),
      ]);
    },
  );
});
