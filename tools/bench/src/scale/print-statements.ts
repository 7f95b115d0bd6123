/** Prints, as JSON, every statement of a service by its name, and those that purge outbox and inbox: services are not imported, so this loads their compiled modules. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { definedStatements } from '@agora/database';
import { checkout } from '@agora/local-stack';

const folder = join(checkout, 'services', process.argv[2] ?? '', 'dist');
const hasNoStatements = /^(main|migrate|document|operate|.*-command)\.js$|^migrations/;

for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (file.endsWith('.js') && !hasNoStatements.test(file)) await import(join(folder, file));

const purges: string[] = [];
const { startPurging } = (await import(join(checkout, 'packages/messaging/dist/retention.js'))) as {
  startPurging(database: object, logger: object, milliseconds: number): { stop(): Promise<void> };
};
const listening = { query: (text: string) => (purges.push(text), Promise.resolve({ rowCount: 0 })) };
const purging = startPurging(listening, { warn: () => undefined }, 1);
while (purges.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
await purging.stop();

const statements = Object.fromEntries([...definedStatements()].map(([name, { text }]) => [name, text]));
for (const text of purges) statements[`purge-${/FROM (\w+)/.exec(text)?.[1]}`] = text;
process.stdout.write(JSON.stringify(statements));
