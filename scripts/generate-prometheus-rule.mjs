/**
 * Writes the alerts as the Prometheus Operator wants them, from deploy/observability; with `--check` says instead whether that is stale. With
 * `RUNBOOK_BASE_URL` it prints them with a `runbook_url` that leads there, for those who read alerts away from this repository.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const name = 'deploy/k8s/components/prometheus-operator/alerts.yaml';
const path = new URL(`../${name}`, import.meta.url);
const alerts = readFileSync(new URL('../deploy/observability/alerts.yml', import.meta.url), 'utf8');

const groups = alerts.slice(alerts.indexOf('groups:'));
const rule = `# Generated from deploy/observability/alerts.yml by \`node scripts/generate-prometheus-rule.mjs\`; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: agora }
spec:
${groups.replaceAll(/^(?=.)/gm, '  ')}`;

const base = process.env.RUNBOOK_BASE_URL?.replace(/\/$/, '');

if (base) {
  const withUrls = rule.replaceAll(
    /^( *)runbook: (\S+)$/gm,
    (line, indent, page) => `${line}\n${indent}runbook_url: ${base}/${page}`,
  );
  process.stdout.write(withUrls);
} else if (!process.argv.includes('--check')) {
  writeFileSync(path, rule);
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== rule) {
  console.error(`${name} is stale: run npm run generate`);
  process.exitCode = 1;
}
