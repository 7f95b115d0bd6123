import { correlation } from '@agora/process/requests';
import type { SchemaName } from '@agora/database';
import type { ModelCtor } from 'sequelize-typescript';
import type { Check, Session } from './check.js';
import { UsageError, runCommand } from '../command.js';
import { openDatabase } from '../config.js';
import { printTable } from '../print-table.js';

const usage = `Usage: npm run projections -- rebuild [--dry-run] [--json]
  rebuild     fetch the current state of everything in the projections from its owners, while they serve, and correct it
  --dry-run   show what is wrong, and change nothing; it does not find rows that are missing`;

export interface RebuiltProjection {
  check: Check;
  /** Upserts the owner's rows that the projection lacks and returns how many. For projections that should hold every row. */
  fill?(): Promise<number>;
}

/** `operate.js projections rebuild`. It can be interrupted and repeated at will. */
export const runProjectionsCommand = (
  service: SchemaName,
  models: ModelCtor[],
  projections: () => readonly RebuiltProjection[],
): Promise<never> =>
  runCommand({
    name: `${service}: projections`,
    usage,
    options: { 'dry-run': { type: 'boolean' } },
    run: async ([verb, ...rest], { 'dry-run': isDry }) => {
      if (verb !== 'rebuild' || rest.length > 0) throw new UsageError('say rebuild');
      const database = openDatabase(service, models);
      // A rebuild takes the owner's state whatever events are in flight: versions and tombstones make late events harmless.
      const session: Session = {
        database,
        correlation,
        subscriptions: [],
        repair: isDry !== true,
        since: new Date(),
        awaited: () => [],
      };
      const rebuilt = [];
      for (const projection of projections()) rebuilt.push(await rebuild(projection, session));
      const rows = rebuilt.map((each) => [
        each.projection,
        ...[each.compared, each.upserted, each.corrected].map(String),
      ]);
      return {
        json: { service, rebuilt },
        text: `${service}:\n${printTable([['projection', 'compared', 'upserted', 'corrected'], ...rows])}`,
      };
    },
  });

async function rebuild({ check, fill }: RebuiltProjection, session: Session) {
  const upserted = session.repair ? ((await fill?.()) ?? 0) : 0;
  let [compared, corrected] = [0, 0];
  for await (const ids of check.pages()) {
    compared += ids.length;
    for (const id of await check.compare(ids, session))
      if ((await check.examine(id, session))?.remedy === 'repair') corrected += 1;
  }
  return { projection: check.kind, compared, upserted, corrected };
}
