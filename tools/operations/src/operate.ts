/** The operators' commands of a service. What a command does not need is not loaded. */
import type { Migration, SchemaName } from '@agora/database';
import type { Subscription } from '@agora/messaging';
import type { ModelCtor } from 'sequelize-typescript';
import type { Audited } from './audit/audit-command.js';
import type { RebuiltProjection } from './audit/projections-command.js';
import type { RestoredTable } from './erase/quarantine-command.js';

/** What a service brings to the commands that services have in common, each part by a module that is loaded when a command needs it. */
export interface Operated {
  service: SchemaName;
  migrations(): Promise<{ migrations: Migration[] }>;
  models?(): Promise<{ models: ModelCtor[] }>;
  /** With subscriptions, the service has dead letters. */
  subscriptions?(): Promise<{ subscriptions: readonly Subscription[] }>;
  /** Its copies of other services' data, which are compared with the owners' and rebuilt. */
  audited?(): Promise<{ audited(): Audited; projections(): readonly RebuiltProjection[] }>;
  /** The tables from which audits set rows aside. */
  quarantined?(): Promise<{ quarantined: readonly RestoredTable[] }>;
  /** Commands that no other service has. */
  own?: Record<string, () => Promise<{ run(): Promise<unknown> }>>;
}

/** Runs the command that the first argument names, with the arguments that follow. */
export async function operate(operated: Operated): Promise<void> {
  const commands = commandsOf(operated);
  const [name = ''] = process.argv.splice(2, 1);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return void (await command());
  const usage = `Usage: node operate.js ${Object.keys(commands).join('|')} …\n`;
  (name === '--help' ? process.stdout : process.stderr).write(usage);
  process.exit(name === '--help' ? 0 : 2);
}

function commandsOf(operated: Operated): Record<string, () => Promise<unknown>> {
  const { service, migrations, subscriptions, audited, quarantined, own } = operated;
  const models = async () => (await operated.models?.())?.models ?? [];
  const reactions = async () => (await subscriptions?.())?.subscriptions ?? [];
  const owned = Object.entries(own ?? {}).map(([name, load]) => [name, async () => (await load()).run()]);
  return {
    async migrate() {
      const [{ runMigrateCommand }, { readDatabaseSettings }] = await Promise.all([
        import('@agora/database'),
        import('./config.js'),
      ]);
      await runMigrateCommand(service, readDatabaseSettings, (await migrations()).migrations);
    },
    async outbox() {
      await (await import('./events/outbox-command.js')).runOutboxCommand(service);
    },
    ...(subscriptions && {
      async 'dead-letters'() {
        const { runDeadLettersCommand } = await import('./events/dead-letters-command.js');
        await runDeadLettersCommand({ service, models: await models(), subscriptions: await reactions() });
      },
    }),
    ...(audited && {
      async audit() {
        const [{ runAuditCommand }, compared] = await Promise.all([
          import('./audit/audit-command.js'),
          audited(),
        ]);
        await runAuditCommand({
          service,
          models: await models(),
          subscriptions: await reactions(),
          ...compared,
        });
      },
      async projections() {
        const [{ runProjectionsCommand }, { projections }] = await Promise.all([
          import('./audit/projections-command.js'),
          audited(),
        ]);
        await runProjectionsCommand(service, await models(), projections);
      },
    }),
    ...(quarantined && {
      async quarantine() {
        const { runQuarantineCommand } = await import('./erase/quarantine-command.js');
        const tables = (await quarantined()).quarantined;
        await runQuarantineCommand({ service, models: await models(), tables });
      },
    }),
    ...Object.fromEntries(owned),
  };
}
