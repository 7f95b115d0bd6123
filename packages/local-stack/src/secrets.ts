import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { RolePasswords } from '@agora/database';
import type { Layout } from './checkout.js';
import { StackError } from './stack-error.js';
import { forEachProcess, type ProcessName } from './topology.js';

export interface Secrets {
  postgres: string;
  database: RolePasswords;
  nats: Record<ProcessName, string>;
  signingKeySecret: string;
  secretKey: string;
}

const secret = () => randomBytes(32).toString('hex');
const rolePasswords = () => ({ app: secret(), migrator: secret() });

/** New random secrets. */
export function makeSecrets(): Secrets {
  return {
    postgres: secret(),
    database: forEachProcess(rolePasswords),
    nats: forEachProcess(secret),
    signingKeySecret: secret(),
    secretKey: secret(),
  };
}

/** The secrets of this checkout, made at the first start. They open the data beside them, so neither is of use alone. */
export function keptSecrets({ secrets: path, postgres }: Layout): Secrets {
  if (existsSync(path)) return completeSecrets(path);
  if (lstatSync(postgres, { throwIfNoEntry: false })) {
    throw new StackError(
      `${path} is missing, and without it the data in ${postgres} can't be opened: bring it back, or remove the folder .data to start afresh.`,
    );
  }
  return keep(path, makeSecrets());
}

/** What is kept, and new ones for what has come since: a service, say. */
function completeSecrets(path: string): Secrets {
  const kept = parse(path);
  const made = makeSecrets();
  const secrets = {
    ...made,
    ...kept,
    database: { ...made.database, ...kept.database },
    nats: { ...made.nats, ...kept.nats },
  };
  return JSON.stringify(secrets) === JSON.stringify(kept) ? secrets : keep(path, secrets);
}

function keep(path: string, secrets: Secrets): Secrets {
  writeFileSync(`${path}.draft`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
  return secrets;
}

function parse(path: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    throw new StackError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
