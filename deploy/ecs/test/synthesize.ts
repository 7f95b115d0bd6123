import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { agora } from '../src/agora.js';

/** A CloudFormation resource, as far as tests look into it. */
export interface Resource {
  Type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- templates have no types
  Properties: any;
}

/** The resources of every stack, by stack and logical id. */
export type Templates = Record<string, Record<string, Resource>>;

export interface Synthesis {
  templates: Templates;
  /** What cdk-nag and CDK itself complain about. */
  complaints: string[];
  /** Which other stacks have to be there before it. */
  dependencies: Record<string, string[]>;
}

/** All stacks as `cdk synth` would write them; `change` is done to the application first. */
export function synthesize(change: (app: App) => unknown = () => undefined): Synthesis {
  const outdir = mkdtempSync(join(tmpdir(), 'agora-cdk-'));
  try {
    const app = agora({ outdir });
    change(app);
    const { stacks } = app.synth();
    return {
      templates: Object.fromEntries(
        stacks.map(({ stackName, template }) => [stackName, (template as { Resources: object }).Resources]),
      ) as Templates,
      complaints: stacks.flatMap(({ messages }) =>
        messages
          .filter(({ level }) => String(level) !== 'info')
          .map(({ id, entry }) => `${id}: ${JSON.stringify(entry.data)}`),
      ),
      dependencies: Object.fromEntries(
        stacks.map(({ stackName, dependencies }) => [
          stackName,
          dependencies
            .filter(({ manifest }) => String(manifest.type) === 'aws:cloudformation:stack')
            .map(({ id }) => id),
        ]),
      ),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Every resource of that type in every stack. */
export const all = (
  templates: Templates,
  type: string,
): { where: string; properties: Resource['Properties'] }[] =>
  Object.entries(templates).flatMap(([stack, resources]) =>
    Object.entries(resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => ({ where: `${stack}/${id}`, properties: Properties ?? {} })),
  );
