import type { V1NetworkPolicy, V1StatefulSet } from '@kubernetes/client-node';
import type { RenderedObject } from '../../check/render.ts';
import { ofKind } from '../cluster.ts';
import type { Statement } from './statement.ts';

interface ExternalSecret extends RenderedObject {
  spec: { dataFrom: { extract: Record<string, string> }[] };
}

/** What `kubectl apply` makes of the objects when it is run again. */
export const applyStatements: Record<string, Statement> = {
  // kubectl merges maps and lists with keys; a list without a key it compares as a whole, and what the server has added to it is a difference.
  *'a second apply changes nothing: lists without keys say all that the server would add'(objects) {
    for (const { metadata, spec } of ofKind<V1NetworkPolicy>(objects, 'NetworkPolicy')) {
      const ports = [...(spec?.ingress ?? []), ...(spec?.egress ?? [])].flatMap((rule) => rule.ports ?? []);
      if (ports.some(({ protocol }) => !protocol))
        yield `NetworkPolicy ${metadata?.name}: a port without protocol`;
    }
    for (const { metadata, spec } of ofKind<V1StatefulSet>(objects, 'StatefulSet')) {
      for (const claim of spec?.volumeClaimTemplates ?? [])
        if (!claim.apiVersion || !claim.kind || !claim.spec?.volumeMode || claim.status?.phase !== 'Pending')
          yield `StatefulSet ${metadata?.name}: a claim without all defaults`;
    }
    for (const { metadata, spec } of ofKind<ExternalSecret>(objects, 'ExternalSecret')) {
      const { conversionStrategy, decodingStrategy, metadataPolicy } = spec.dataFrom[0]?.extract ?? {};
      if (!conversionStrategy || !decodingStrategy || !metadataPolicy)
        yield `ExternalSecret ${metadata.name}: no strategies`;
    }
  },
};
