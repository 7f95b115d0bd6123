import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const folder = join(import.meta.dirname, '..');

export const overlays = readdirSync(join(folder, 'overlays')).toSorted();

export interface RenderedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

/** The first renderer that is installed; both are the same code. */
const renderers: [command: string, ...args: string[]][] = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
];

const renderer = renderers.find(([command]) => !spawnSync(command, ['help'], { stdio: 'ignore' }).error);

/** Whether any of them is there. */
export const canRender = renderer !== undefined;

/** The objects of an overlay, as `kubectl apply -k` would send them. Throws an Error that says what is wrong with the files, or what to install. */
export const renderOverlay = (name: string): RenderedObject[] => renderFolder(join(folder, 'overlays', name));

/** The same of a folder with a kustomization.yaml, wherever it is. */
export function renderFolder(path: string): RenderedObject[] {
  if (!renderer) throw new Error('install kubectl or kustomize: one of them must render the overlays');
  const [command, ...args] = renderer;
  return parseObjects(execFileSync(command, [...args, path], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

/** The objects of a text of YAML documents. */
export const parseObjects = (text: string): RenderedObject[] =>
  parseAllDocuments(text)
    .map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() as RenderedObject | null;
    })
    .filter((object) => object !== null);
