import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import * as contracts from '@agora/contracts';
import { checkout, services, subscribers } from '@agora/local-stack';

/** The events whose definitions are handed to `on` or `onBatch`: services export nothing, so their text is read. */
function subscribedIn(folder: string): string[] {
  const texts = globSync(join(checkout, folder, 'src/events/*.ts')).map((file) => readFileSync(file, 'utf8'));
  const call = /\bon(?:Batch)?(?:<[^>]*>)?\(\s*\[?([\w\s,]+?)\]?,\s*(?:async )?\(/g;
  const names = [...texts.join('\n').matchAll(call)].flatMap(([, list = '']) => list.split(/[\s,]+/));
  const definitions = contracts as unknown as Record<string, { type: string }>;
  return names.flatMap((name) => definitions[name]?.type ?? []);
}

it.each(services)('%s applies the events that it is listed with', (service) => {
  expect(subscribedIn(`services/${service}`).toSorted()).toEqual([...subscribers[service]].toSorted());
});
