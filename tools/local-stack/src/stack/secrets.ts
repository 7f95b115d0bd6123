import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { RolePasswords } from '@agora/database';
import type { Layout } from './checkout.js';
import { StackError } from '../machine/stack-error.js';
import { forEachProcess, forEachService, type ProcessName, type ServiceName } from './topology.js';

export interface Secrets {
  postgres: string;
  database: RolePasswords;
  nats: Record<ProcessName | 'streams', string>;
  /** What a service asks other services for at its internal port. */
  internal: Record<ServiceName, string>;
  /** The secret with which processes ask auth for revocations. */
  revocations: string;
  signingKeySecret: string;
  cursorSecret: string;
  secretKey: string;
}

const secret = () => randomBytes(32).toString('hex');
const rolePasswords = () => ({ app: secret(), migrator: secret() });

/** New random secrets. */
export function makeSecrets(): Secrets {
  return {
    postgres: secret(),
    database: forEachService(rolePasswords),
    nats: { ...forEachProcess(secret), streams: secret() },
    internal: forEachService(secret),
    revocations: secret(),
    signingKeySecret: secret(),
    cursorSecret: secret(),
    secretKey: secret(),
  };
}

/** The secrets of this checkout, made at the first start. They open the data beside them, so neither is of use alone. */
export function keptSecrets({ secrets: path, postgres }: Layout): Secrets {
  const kept = existsSync(path) ? parse(path) : undefined;
  if (!kept && lstatSync(postgres, { throwIfNoEntry: false })) {
    throw new StackError(
      `${path} is missing, and without it the data in ${postgres} can't be opened: bring it back, or remove the folder .data to start afresh.`,
    );
  }
  // What an older version has not kept is made, and kept from now on.
  const secrets = withKept(makeSecrets(), kept);
  writeFileSync(`${path}.draft`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
  return secrets;
}

const withKept = (made: Secrets, kept: Partial<Secrets> = {}): Secrets => ({
  ...made,
  ...kept,
  database: { ...made.database, ...kept.database },
  nats: { ...made.nats, ...kept.nats },
  internal: { ...made.internal, ...kept.internal },
});

function parse(path: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    throw new StackError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
