import { readFileSync } from 'node:fs';
import type { RolePasswords } from '@agora/database';
import type { NatsUser } from './environment.js';
import type { MailboxPorts, ProcessName } from './topology.js';

/** The servers that `npm test` started, and what each Jest worker has of them for itself. */
export interface TestStack {
  postgres: { host: string; port: number; user: string; password: string };
  databasePasswords: RolePasswords;
  nats: { url: string };
  /** One for all workers: mails are read by address. */
  mailbox: MailboxPorts;
  workers: TestWorker[];
}

export interface TestWorker {
  /** Jest's worker number, from 1. */
  index: number;
  database: string;
  /** One user per process, and `tester` for the tests themselves, in an account that no other worker sees. */
  natsUsers: Record<ProcessName | 'tester', NatsUser>;
}

/** Reads what `npm test` wrote for the tests; throws when they were started in another way. */
export function readTestStack(): TestStack {
  const path = process.env.AGORA_TEST_STACK;
  if (!path) throw new Error('These tests need PostgreSQL and NATS: run them with `npm test`');
  return JSON.parse(readFileSync(path, 'utf8')) as TestStack;
}
