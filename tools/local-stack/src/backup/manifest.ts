import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../machine/stack-error.js';
import { migrationList, services, type ServiceName } from '../stack/topology.js';

/** A file of a backup: what it must hold for the backup to be whole. */
export interface SavedFile {
  file: string;
  bytes: number;
  sha256: string;
}

export interface SavedTable extends SavedFile {
  rows: number;
  /** In the order in which their values are written. */
  columns: string[];
}

export interface SavedSchema {
  /** Those that were applied, in their order. */
  migrations: string[];
  tables: Record<string, SavedTable>;
  /** The last number that each sequence gave; 0 when it has given none. */
  sequences: Record<string, number>;
}

/** What a backup says of itself, written last. */
export interface Manifest {
  format: 1;
  /** The moment that it shows, by the database's clock, in ISO 8601. */
  taken_at: string;
  postgres: string;
  schemas: Record<ServiceName, SavedSchema>;
  /** The secrets that open what the database holds encrypted. */
  secrets: SavedFile;
}

export const manifestFile = 'manifest.json';

/** The migrations that this checkout knows, in their order. */
function knownMigrations(root: string, service: ServiceName): string[] {
  // What the folder holds may be left from another version; what is imported is applied.
  const imports = readFileSync(migrationList(root, service), 'utf8').matchAll(
    /'\.\/migrations\/(\d{4}-[\w-]+)\.js'/g,
  );
  return [...imports].map(([, name]) => name ?? '').toSorted();
}

/** Reads what a backup says of itself. Throws a StackError when it is none, unfinished, or of another version of Agora than `root` holds. */
export function readManifest(directory: string, root: string): Manifest {
  const path = join(directory, manifestFile);
  if (!existsSync(path))
    throw new StackError(
      `${directory} is no complete backup: ${manifestFile} is written last, and is not there.`,
    );
  const manifest = parse(path);
  for (const service of services) {
    const known = knownMigrations(root, service);
    const { migrations } = manifest.schemas[service];
    if (JSON.stringify(migrations) !== JSON.stringify(known))
      throw new StackError(
        `The backup is of another version of Agora: its schema ${service} is at ${migrations.at(-1) ?? 'nothing'}, this checkout at ${known.at(-1) ?? 'nothing'}. ` +
          'Check out the version that made it, restore there, and then run the migrations of the newer one.',
      );
  }
  return manifest;
}

function parse(path: string): Manifest {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>;
  } catch (error) {
    throw new StackError(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (manifest.format !== 1)
    throw new StackError(
      `${path} is of another version: its format is ${String(manifest.format)}, and 1 is known here.`,
    );
  const lacking = services.filter((service) => !manifest.schemas?.[service]);
  if (lacking.length > 0 || !manifest.secrets || !manifest.taken_at)
    throw new StackError(`${path} is damaged: it says nothing of ${lacking.join(' and ') || 'the secrets'}.`);
  return manifest as Manifest;
}
