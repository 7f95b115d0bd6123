/**
 * `node validate.ts`: renders every overlay and compares every object with the types of the Kubernetes API; with `-` the
 * objects of standard input. Prints what is wrong and exits 1 if anything is.
 */
import { readFileSync } from 'node:fs';
import { complaintsAbout } from './complaints.ts';
import { overlays, parseObjects, renderOverlay } from './render.ts';

const rendered =
  process.argv[2] === '-'
    ? [{ source: '-', objects: parseObjects(readFileSync(0, 'utf8')) }]
    : overlays.map((source) => ({ source, objects: renderOverlay(source) }));

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
