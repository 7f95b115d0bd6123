/** Writes docs/events.md from the contracts; with `--check` says instead whether it is stale. Expects a build. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as contracts from '../packages/contracts/dist/index.js';

const path = new URL('../docs/events.md', import.meta.url);

const events = Object.values(contracts)
  .filter((value) => /\.v\d+$/.test(value.type))
  .toSorted((one, other) => one.type.localeCompare(other.type));

const sections = events.map(({ type, schema }) => {
  const rows = Object.entries(schema.describe().keys).map(
    ([field, rules]) => `| \`${field}\` | ${typeOf(rules)} |`,
  );
  return `## \`${type}\`\n\n| field | type |\n| --- | --- |\n${rows.join('\n')}\n`;
});

const page = `# Events

Generated from \`packages/contracts\` by \`node scripts/generate-event-docs.mjs\`; do not edit.

Every event is a CloudEvents 1.0 envelope in JSON on the NATS subject of its type, in the stream of its publisher
(\`AUTH\`, \`POSTS\`, \`VOTES\`), with the event's id as \`Nats-Msg-Id\`. It is delivered at least once and in no promised order.
\`data\` holds what the tables below say, and may one day hold more. A field is never removed and never changes its meaning:
what would break a consumer becomes a new type beside the old one.

${sections.join('\n')}`;

function typeOf({ type, rules = [], flags }) {
  const limits = rules.map(({ name, args }) => (args?.limit === undefined ? name : `${name} ${args.limit}`));
  return [type, ...limits, ...(flags?.presence === 'optional' ? ['optional'] : [])].join(', ');
}

if (!process.argv.includes('--check')) {
  writeFileSync(path, page);
} else if (readFileSync(path, 'utf8') !== page) {
  console.error('docs/events.md is stale: run node scripts/generate-event-docs.mjs');
  process.exitCode = 1;
}
