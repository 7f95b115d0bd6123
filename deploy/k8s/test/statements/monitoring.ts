import { isDeepStrictEqual } from 'node:util';
import type { V1LabelSelector } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { RenderedObject } from '../../check/render.ts';
import { deploymentPods, ofKind, podsOf, readRepositoryFile } from '../cluster.ts';
import { selects } from '../network.ts';
import type { Statement } from './statement.ts';

interface PodMonitor extends RenderedObject {
  spec: {
    selector: V1LabelSelector;
    jobLabel?: string;
    podMetricsEndpoints: { port?: string; path?: string }[];
  };
}

/** The Prometheus Operator's objects. */
export const monitoringStatements: Record<string, Statement> = {
  *'the operator scrapes every process, and nothing else, as alerts and dashboard want it'(objects) {
    const processes = new Set(deploymentPods(objects).map(({ name }) => name));
    for (const { metadata, spec } of ofKind<PodMonitor>(objects, 'PodMonitor')) {
      if (spec.jobLabel !== 'app.kubernetes.io/name') yield `${metadata.name}: another job`;
      const chosen = podsOf(objects).filter(({ labels }) => selects(spec.selector, labels));
      if (chosen.length !== processes.size) yield `${metadata.name} selects ${chosen.length} sorts of pods`;
      for (const { port, path = '/metrics' } of spec.podMetricsEndpoints) {
        if (path !== '/metrics') yield `${metadata.name}: no metrics at ${path}`;
        for (const { name, container } of chosen) {
          const isThere = container.ports?.some((each) => each.name === port);
          if (port !== 'internal' || !isThere || !processes.has(name))
            yield `${metadata.name}: no metrics of ${name} at ${port}`;
        }
      }
    }
  },

  *'the operator loads the alerts that promtool tests'(objects) {
    const files: Record<string, string> = {
      agora: 'alerts',
      'agora-slo': 'slo',
      'agora-cluster': 'kubernetes',
    };
    const rules = ofKind<RenderedObject & { spec: unknown }>(objects, 'PrometheusRule');
    if (rules.length > 0 && rules.length !== Object.keys(files).length) yield 'rules are missing';
    for (const { metadata, spec } of rules) {
      const rule: unknown = parse(readRepositoryFile(`deploy/observability/${files[metadata.name]}.yml`));
      if (!isDeepStrictEqual(spec, rule)) yield `${metadata.name} holds other alerts`;
    }
  },
};
