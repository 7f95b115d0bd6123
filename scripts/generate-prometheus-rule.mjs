/**
 * Writes the alerts of deploy/observability in the format of the Prometheus Operator; with `--check` it only reports whether the file is stale. With
 * `RUNBOOK_BASE_URL` it prints them with a `runbook_url` that leads there, for those who read alerts away from this repository.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const name = 'deploy/k8s/components/prometheus-operator/alerts.yaml';
const path = new URL(`../${name}`, import.meta.url);
/** What each becomes: a PrometheusRule of that name. */
const rules = { agora: 'alerts.yml', 'agora-slo': 'slo.yml', 'agora-cluster': 'kubernetes.yml' };

const documents = Object.entries(rules).map(([ruleName, file]) => {
  const text = readFileSync(new URL(`../deploy/observability/${file}`, import.meta.url), 'utf8');
  const groups = text.slice(text.indexOf('groups:'));
  return `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: ${ruleName} }
spec:
${groups.replaceAll(/^(?=.)/gm, '  ')}`;
});
const rule = `# Generated from deploy/observability by \`node scripts/generate-prometheus-rule.mjs\`; do not edit.
${documents.join('---\n')}`;

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
