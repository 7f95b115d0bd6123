import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Job, V1NetworkPolicy, V1ServiceAccount } from '@kubernetes/client-node';
import { canRender, renderFolder, renderOverlay, type RenderedObject } from '../check/render.ts';
import { deploymentPods, ofKind } from './cluster.ts';

const deploy = join(import.meta.dirname, '../..');
const production = join(deploy, 'k8s/overlays/production');
const folder = mkdtempSync(join(tmpdir(), 'agora-build-upon-'));

/** Renders an overlay that somebody else keeps, beside a copy of what the OCI artefact holds. */
function renderElsewhere(kustomization: string, values: string): RenderedObject[] {
  const overlay = join(folder, 'environments/production');
  mkdirSync(overlay, { recursive: true });
  writeFileSync(join(overlay, 'kustomization.yaml'), kustomization);
  writeFileSync(join(overlay, 'values.yaml'), values);
  return renderFolder(overlay);
}

const describeRendered = canRender ? describe : describe.skip;

describeRendered('an overlay of somebody else', () => {
  beforeAll(() => {
    for (const part of ['k8s/base', 'k8s/components', 'docker'])
      cpSync(join(deploy, part), join(folder, 'agora/deploy', part), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const values = readFileSync(join(production, 'values.yaml'), 'utf8');

  it('renders to the same objects as that of production when it says the same', () => {
    const own = readFileSync(join(production, 'kustomization.yaml'), 'utf8');
    const objects = renderElsewhere(own.replaceAll('../../', '../../agora/deploy/k8s/'), values);
    expect(objects).toEqual(renderOverlay('production'));
    expect(JSON.stringify(objects)).not.toContain('set-by-values');
  });

  it('takes Gateway API, plain Secrets, images by digest from a private registry, and Argo CD instead', () => {
    const components = ['tls', 'gateway-api', 'monitoring', 'pull-secret', 'argo-cd', 'values'];
    const objects = renderElsewhere(
      `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: agora
resources: [../../agora/deploy/k8s/base, values.yaml]
components: [${components.map((name) => `../../agora/deploy/k8s/components/${name}`).join(', ')}]
images: [{ name: agora-votes, newName: registry.example.org/votes, digest: 'sha256:${'a'.repeat(64)}' }]
`,
      `${values}  gateway: public\n  gateway-namespace: gateways\n  pull-secret: registry\n`,
    );

    expect(objects.map(({ kind }) => kind)).not.toContain('ExternalSecret');
    const [route] = ofKind<RenderedObject & { spec: unknown }>(objects, 'HTTPRoute');
    expect(route?.spec).toMatchObject({
      hostnames: ['agora.example.com'],
      parentRefs: [{ name: 'public', namespace: 'gateways' }],
    });
    const policy = ofKind<V1NetworkPolicy>(objects, 'NetworkPolicy').find(
      ({ metadata }) => metadata?.name === 'gateway',
    );
    expect(JSON.stringify(policy?.spec?.ingress)).toContain('"kubernetes.io/metadata.name":"gateways"');
    for (const { imagePullSecrets } of ofKind<V1ServiceAccount>(objects, 'ServiceAccount'))
      expect(imagePullSecrets).toEqual([{ name: 'registry' }]);
    const votes = deploymentPods(objects).find(({ name }) => name === 'Deployment votes');
    expect(votes?.container.image).toBe(`registry.example.org/votes@sha256:${'a'.repeat(64)}`);
    for (const { metadata, spec } of ofKind<V1Job>(objects, 'Job')) {
      expect(metadata?.annotations?.['argocd.argoproj.io/sync-options']).toBe('Force=true,Replace=true');
      expect(spec?.ttlSecondsAfterFinished).toBeUndefined();
    }
    expect(JSON.stringify(objects)).not.toContain('set-by-values');
  });
});
