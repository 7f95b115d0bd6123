import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const validate = join(import.meta.dirname, '../check/validate.ts');

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: posts }
spec:
  selector: { matchLabels: { app: posts } }
  template:
    metadata: { labels: { app: posts } }
    spec: { containers: [{ name: posts, image: posts, resources: { limits: { memory: 1Gi } } }] }
`;

describe('validate', () => {
  it('accepts what the API accepts', () => {
    expect(complaintsAbout(deployment)).toBe('');
  });

  it.each([
    ['a misspelt field', 'limits:', 'limit:', 'V1ResourceRequirements has no such field'],
    [
      'a field in the wrong place',
      'spec: { containers',
      'spec: { replicas: 2, containers',
      'V1PodSpec has no such field',
    ],
    [
      'a missing field',
      '  selector: { matchLabels: { app: posts } }\n',
      '',
      'must have required property selector',
    ],
    ['a wrong type', 'image: posts', 'image: 2', 'must be string'],
    ['a wrong version', 'apps/v1', 'apps/v1beta1', 'Deployment posts'],
    ['a wrong kind', 'kind: Deployment', 'kind: Deploymnet', 'has no Deploymnet'],
  ])('complains about %s', (_, from, to, complaint) => {
    expect(complaintsAbout(deployment.replace(from, to))).toContain(complaint);
  });
});

/** What it prints about a text, but for the count of objects. */
function complaintsAbout(input: string): string {
  const { stdout, status } = spawnSync(process.execPath, [validate, '-'], {
    input,
    encoding: 'utf8',
    env: {},
  });
  const complaints = stdout.replace(/^-: \d+ objects\n/m, '');
  expect(status).toBe(complaints === '' ? 0 : 1);
  return complaints;
}
