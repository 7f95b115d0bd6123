import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this repository. */
export const checkout = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Where everything the local stack writes lives: below `root`, or in the folder `AGORA_DATA`. */
export function layoutOf(root: string) {
  const data = process.env.AGORA_DATA || join(root, '.data');
  return {
    root,
    data,
    logs: join(data, 'logs'),
    postgres: join(data, 'postgres'),
    nats: join(data, 'nats'),
    secrets: join(data, 'secrets.json'),
    consumers: join(data, 'consumers.json'),
    run: join(data, 'run.json'),
    lock: join(data, 'start.lock'),
  };
}

export type Layout = ReturnType<typeof layoutOf>;

/** Makes `.data` and the log folder, which nobody else may read. */
export function makeDataFolder(layout: Layout): void {
  mkdirSync(layout.data, { recursive: true, mode: 0o700 });
  mkdirSync(layout.logs, { recursive: true, mode: 0o700 });
}
