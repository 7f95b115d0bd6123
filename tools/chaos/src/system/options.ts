import type { ProcessName, Secrets } from '@agora/local-stack';
import type pg from 'pg';
import type { ReceivedMail } from './mail-server.js';

/** Stops something that was started. */
export type Stop = () => Promise<unknown>;

export interface SystemOptions {
  /** Whether NATS has three nodes, and PostgreSQL a standby. */
  isCluster?: boolean | undefined;
  /** Over how many streams each publisher's events are split; one when left out. */
  partitions?: number | undefined;
  /** How many replicas a process has; two when left out. */
  replicas?: Partial<Record<ProcessName, number>> | undefined;
  /** Where PostgreSQL and NATS keep their data. */
  folder: string;
  logs: string;
  /** A known fault that the processes are started with. */
  mutation?: string | undefined;
  /** Those of the data that is in the folder already. */
  secrets?: Secrets;
  /** The mails that have come already. */
  received?: readonly ReceivedMail[];
  /** Fills the database, as its administrator, before any process runs. */
  prepare?(database: pg.ClientConfig): Promise<void>;
  signal: AbortSignal;
  announce(line: string): void;
}
