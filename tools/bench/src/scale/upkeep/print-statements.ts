/** Prints, as JSON, every statement of a service and of messaging by its name: services are not imported, so this loads their compiled modules. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { definedStatements } from '@agora/database';
import { checkout } from '@agora/local-stack';

const folder = join(checkout, 'services', process.argv[2] ?? '', 'dist');
const hasNoStatements = /^(main|migrate|document|operate|.*-command)\.js$|^migrations/;

for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (file.endsWith('.js') && !hasNoStatements.test(file)) await import(join(folder, file));

// Messaging has a list of its own, which no other package is meant to import.
const messaging = (await import(join(checkout, 'packages/messaging/dist/statements.js'))) as {
  definedStatements: typeof definedStatements;
};
const all = [...definedStatements(), ...messaging.definedStatements()];
process.stdout.write(JSON.stringify(Object.fromEntries(all.map(([name, { text }]) => [name, text]))));
