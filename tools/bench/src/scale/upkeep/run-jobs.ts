import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { services, type ServiceName } from '@agora/local-stack';
import pg from 'pg';
import type { Bench } from '../../bench.js';
import { cpuBetween, cpuTimes } from '../../system/proc.js';
import type { System } from '../../system/system.js';
import { jobs, type Job } from './jobs.js';
import type { Row } from '../table.js';
import { isAskedFor, sizes, type Worlds } from '../take-turns.js';

/** What the services do now and then, at both sizes. */
export async function compareJobs({ options, announce }: Bench, worlds: Worlds): Promise<Row[]> {
  const rows: Row[] = [];
  for (const service of services) {
    const statements = await statementsOf(service);
    const asked = jobs.filter((each) => each.service === service).filter(isAskedFor({ options }));
    for (const { statement } of asked)
      if (!(statement in statements)) throw new Error(`${service} has no statement "${statement}"`);
    const [small, large] = await Promise.all(
      sizes.map((size) => openRunner(worlds[size].system, service, statements)),
    );
    if (!small || !large) throw new Error('there are two sizes');
    try {
      for (const job of options.smoke ? asked.slice(0, 1) : asked) {
        const best = { small: Infinity, large: Infinity };
        let wrong: string | undefined;
        for (let turn = 0; turn <= (options.smoke ? 0 : options.rounds); turn += 1) {
          for (const [size, runner] of [
            ['small', small],
            ['large', large],
          ] as const)
            try {
              best[size] = Math.min(best[size], await runner.run(job));
            } catch (error) {
              wrong ??= String(error);
            }
        }
        const spent = (database: number) => ({ process: 0, database: Math.max(1, database) });
        const compared = { small: spent(best.small), large: spent(best.large) };
        rows.push({
          kind: 'periodic',
          name: job.name,
          service,
          growth: 'stays',
          ...compared,
          ...(wrong !== undefined && { wrong }),
        });
      }
    } finally {
      await Promise.all([small.end(), large.end()]);
    }
    announce(`periodic statements of ${service}: done`);
  }
  return rows;
}

/** The text of every statement of a service, by its name. */
async function statementsOf(service: ServiceName): Promise<Record<string, string>> {
  const script = fileURLToPath(new URL('../../../dist/scale/upkeep/print-statements.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, service], {
    maxBuffer: 10_000_000,
  });
  return JSON.parse(stdout) as Record<string, string>;
}

/** A connection that runs jobs of one service. */
interface Runner {
  /** The microseconds of CPU that the job's statement took. */
  run(job: Job): Promise<number>;
  end(): Promise<void>;
}

async function openRunner(
  system: System,
  service: ServiceName,
  statements: Record<string, string>,
): Promise<Runner> {
  const { database, databasePasswords } = system.addresses;
  const client = new pg.Client({
    host: database.host,
    port: database.port,
    database: database.name,
    user: `${service}_app`,
    password: databasePasswords[service].app,
  });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pids = [rows[0]?.pid ?? 0];
  // Due rows are inserted in the same transaction, so that statistics lack them: as in a service, where rows are due long before they are analyzed.
  await client.query(`SET statement_timeout = '60s'`);
  return {
    async run({ statement, values = [], due }) {
      const text = statements[statement] ?? '';
      await client.query('BEGIN');
      try {
        if (due !== undefined) await client.query(due);
        const before = cpuTimes(pids);
        await client.query(text, values);
        return cpuBetween(before, cpuTimes(pids));
      } finally {
        await client.query('ROLLBACK');
      }
    },
    end: () => client.end(),
  };
}
