import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const folder = fileURLToPath(new URL('../deploy/observability', import.meta.url));

interface Alert {
  alert?: string;
  annotations: { runbook: string };
}
interface Container {
  image?: string;
  ports?: string[];
  profiles?: string[];
}

const ruleFiles = ['alerts.yml', 'slo.yml', 'kubernetes.yml'];
const alerts = ruleFiles.flatMap((name) => {
  const { groups } = parse(readFileSync(`${folder}/${name}`, 'utf8')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
});

const composeFile = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
const compose = parse(composeFile, { merge: true }) as { services: Record<string, Container> };
const watchers = Object.entries(compose.services).filter(([, { profiles }]) =>
  profiles?.includes('observability'),
);

/** Debian has it in the package `prometheus`. */
const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
const describeWithPromtool = promtool('--version').status === 0 ? describe : describe.skip;

describe('the alerts', () => {
  it.each(alerts.map((each) => [each.alert ?? '', each] as const))(
    'name for %s its runbook',
    (name, alert) => {
      const page = name.replaceAll(/(?<=.)(?=[A-Z])/g, '-').toLowerCase();
      expect(alert.annotations.runbook).toBe(`docs/runbooks/${page}.md`);
    },
  );
});

describeWithPromtool('promtool', () => {
  it.each([
    ['takes the rules', ['check', 'rules', ...ruleFiles]],
    ['takes the configuration', ['check', 'config', 'prometheus.yml']],
    ['sees each alert fire when it must, and not before', ['test', 'rules', 'alerts.test.yml']],
  ])('%s', (_, args) => {
    const { status, stdout, stderr } = promtool(...args);
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});

describe('the containers that watch', () => {
  it.each(watchers)('%s is of one version, and listens on this machine alone', (_, { image, ports }) => {
    expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
