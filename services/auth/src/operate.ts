/** `node operate.js <command> …`: what operators do to auth. */
import { operate } from '@agora/operations/operate';

await operate({
  service: 'auth',
  migrations: () => import('./migrations.js'),
  own: {
    accounts: () => import('./moderation/accounts-command.js'),
    import: () => import('./import/import-command.js'),
    keys: () => import('./keys/keys-command.js'),
    mails: () => import('./mail/mails-command.js'),
  },
});
