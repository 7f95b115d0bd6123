/**
 * `node validate.ts`: renders every overlay and compares every object with the types of the Kubernetes API; with `-` the
 * objects of standard input. Prints what is wrong and exits 1 if anything is. Where neither kubectl nor kustomize is there to
 * render, it says so and compares nothing: npm has no kustomize to bring along.
 */
import { readFileSync } from 'node:fs';
import { complaintsAbout } from './complaints.ts';
import { canRender, overlays, parseObjects, renderOverlay } from './render.ts';

if (!canRender) process.stdout.write('not compared: install kubectl or kustomize to render the overlays\n');
const rendered =
  process.argv[2] === '-'
    ? [{ source: '-', objects: parseObjects(readFileSync(0, 'utf8')) }]
    : (canRender ? overlays : []).map((source) => ({ source, objects: renderOverlay(source) }));

let complaints = 0;
for (const { source, objects } of rendered) {
  for (const object of objects) {
    for (const complaint of await complaintsAbout(object)) {
      process.stdout.write(`${source}: ${complaint}\n`);
      complaints += 1;
    }
  }
  process.stdout.write(`${source}: ${objects.length} objects\n`);
}
process.exitCode = complaints > 0 ? 1 : 0;
