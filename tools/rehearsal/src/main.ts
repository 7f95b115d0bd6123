/** `npm run rehearse`: does what each page for operators says, on an Agora in the state that the page is for. */
import { parseArgs } from 'node:util';
import { reportFailure, runInFolder, StackError } from '@agora/local-stack';
import { commandsOf, pages } from './page-commands.js';
import { rehearse } from './rehearsal.js';
import { rehearsals } from './rehearsals/rehearsals.js';
import { makeSystem } from './system.js';

const usage = `Usage: npm run rehearse [-- --quick] [--only <page>]…
  --quick   the pages on backups and on drift alone: what can do most harm
  --only    pages whose name has that in it, such as outbox-stalled`;
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Those whose commands erase. They leave posts without owners behind, so they come last, in this order. */
const quick = ['backup-and-restore.md', 'runbooks/audit-drift.md'];
const inOrder = [...pages.filter((page) => !quick.includes(page)), ...quick];

async function main(args: string[]): Promise<number> {
  const chosen = choose(args);
  if (process.platform !== 'linux')
    throw new StackError('Commands are typed on a terminal of script(1) as Linux has it: this needs Linux.');
  return runInFolder(import.meta.url, async ({ folder, requests: { signal } }) => {
    const system = await makeSystem(folder, print);
    let failed = 0;
    try {
      await system.start();
      for (const page of chosen) {
        signal.throwIfAborted();
        const startedAt = performance.now();
        const problem = await rehearseOn(page);
        failed += problem === undefined ? 0 : 1;
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
        print(`${problem === undefined ? '✓' : '✗'} ${page} ${seconds} s${problem ? `\n${problem}` : ''}`);
        if (!system.isRunning()) await system.start();
      }
    } finally {
      await system.stop();
    }
    print(`${chosen.length - failed} of ${chosen.length} pages are right.`);
    return failed > 0 ? 1 : 0;

    async function rehearseOn(page: string): Promise<string | undefined> {
      const rehearsal = rehearsals[page];
      if (!rehearsal) return 'it is not rehearsed';
      try {
        await rehearse(rehearsal, commandsOf(page), system);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    }
  });
}

function choose(args: string[]): readonly string[] {
  try {
    const { values } = parseArgs({
      args,
      options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true } },
    });
    const { only } = values;
    if (only) return inOrder.filter((page) => only.some((part) => page.includes(part)));
    return values.quick ? quick : inOrder;
  } catch {
    throw new StackError(usage);
  }
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
