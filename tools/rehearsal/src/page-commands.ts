import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@agora/local-stack';

const docs = join(checkout, 'docs');

/** The pages with commands for operators, by their names below `docs`. */
export const pages: readonly string[] = [
  'backup-and-restore.md',
  ...readdirSync(join(docs, 'runbooks')).map((name) => `runbooks/${name}`),
].toSorted();

/** What begins a command, when it stands between backticks in a sentence. */
const programs =
  /^(npm (run|start)|kubectl|docker|curl|chronyc|timedatectl|openssl|nats|aws|psql|pg_dump|pg_restore|node) \S|^npm start$/;
const statements = /^(SELECT|INSERT|UPDATE|DELETE|ALTER|TRUNCATE|GRANT)\b.*\s/;

/** All that a page says to type, in its order, each once: what stands in its blocks of code, and commands and SQL in its sentences. */
export function commandsOf(page: string): string[] {
  const text = readFileSync(join(docs, page), 'utf8');
  const found: string[] = [];
  for (const [, block, span] of text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```|(?<!`)`([^`\n]+)`(?!`)/gm)) {
    if (block !== undefined) found.push(...linesOf(block));
    else if (span !== undefined && (programs.test(span) || statements.test(span)))
      // A table of Markdown escapes what would end its cell.
      found.push(span.replaceAll('\\|', '|'));
  }
  return [...new Set(found)];
}

const linesOf = (block: string) =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
