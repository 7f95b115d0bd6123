import { correlation, type InternalAddress } from '@agora/chassis';
import type { SchemaName } from '@agora/database';
import { openOutbox, type Subscription } from '@agora/messaging';
import type { ModelCtor } from 'sequelize-typescript';
import { audit, type KindResult } from './audit.js';
import { saveAuditResults } from './audit-results.js';
import type { Check } from './check.js';
import { Misuse, runCommand, type Answer, type Given } from './command.js';
import { openDatabase } from './config.js';
import { printTable } from './print-table.js';

const usage = `Usage: npm run audit -- [--repair] [--settle <seconds>] [--json]
  Compares what each service keeps of the others' data, and every count, with what its owner says, while they serve.
  --repair   sets right what has drifted
  --settle   how long events may take to arrive before what lacks them is drift; 10 unless told, 300 at most
  Ends with code 1 when drift is left.`;

export interface AuditedService {
  service: SchemaName;
  models: ModelCtor[];
  subscriptions: readonly Subscription[];
  /** The internal ports of those whose events it reacts to, and what is compared; reads the settings. */
  audited(): { publishers: readonly InternalAddress[]; checks: readonly Check[] };
}

/** The body of a service's `audit-command.ts`: `node audit-command.js [--repair] [--settle <seconds>] [--json]`. */
export const runAuditCommand = (of: AuditedService): Promise<never> =>
  runCommand({
    name: `${of.service}: audit`,
    usage,
    options: { repair: { type: 'boolean' }, settle: { type: 'string' } },
    run: async ([word], given) => {
      if (word !== undefined) throw new Misuse(`"${word}" is no option`);
      const settleSeconds = readSettle(given);
      const { service, subscriptions } = of;
      const database = openDatabase(service, of.models);
      openOutbox(database, service, correlation);
      const results = await audit({
        subscriptions,
        database,
        correlation,
        ...of.audited(),
        repair: given.repair === true,
        settleSeconds,
      });
      await saveAuditResults(
        database,
        results.map((result) => ({ kind: result.kind, left: leftOf(result) })),
      );
      return answer(service, results);
    },
  });

function readSettle({ settle = '10' }: Given): number {
  const seconds = Number(settle);
  if (typeof settle !== 'string' || !/^\d+(\.\d+)?$/.test(settle) || seconds > 300)
    throw new Misuse(`--settle must be seconds from 0 to 300, not "${settle}"`);
  return seconds;
}

const leftOf = ({ drift, repaired }: KindResult) => drift - repaired;

function answer(service: SchemaName, results: KindResult[]): Answer {
  const kinds = results.map((result) => ({ ...result, left: leftOf(result) }));
  const left = kinds.reduce((sum, kind) => sum + kind.left, 0);
  const heading = ['kind', 'compared', 'drift', 'repaired', 'left'];
  const rows = kinds.map((kind) => [
    kind.kind,
    ...[kind.compared, kind.drift, kind.repaired, kind.left].map(String),
  ]);
  const samples = kinds.flatMap((kind) =>
    kind.samples.map(({ id, problem }) => `  ${kind.kind} ${id}: ${problem}`),
  );
  return {
    json: { service, left, kinds },
    text: [
      `${service}: ${left === 0 ? 'no drift is left' : `drift is left: ${left}`}`,
      printTable([heading, ...rows]),
      ...samples,
    ].join('\n'),
    code: left === 0 ? 0 : 1,
  };
}
