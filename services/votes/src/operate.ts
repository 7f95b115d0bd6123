/** `node operate.js <command> …`: what operators do to votes. */
import { operate } from '@agora/operations/operate';

await operate({
  service: 'votes',
  migrations: () => import('./migrations.js'),
  models: () => import('./models/models.js'),
  subscriptions: () => import('./events/subscriptions.js'),
  audited: () => import('./audit/audited.js'),
  quarantined: () => import('./models/set-aside.js'),
  own: { import: () => import('./import/import-command.js') },
});
