/** `node quarantine-command.js list|restore <run>|purge [--json]`: what audits of votes have set aside. */
import { runQuarantineCommand } from '@agora/operations';
import { models } from './models/models.js';
import { bringVotersBack, bringVotesBack } from './models/set-aside.js';

await runQuarantineCommand({
  service: 'votes',
  models,
  tables: [
    { source: 'voters', bringBack: bringVotersBack, keyOf: ({ id }) => String(id) },
    {
      source: 'votes',
      bringBack: bringVotesBack,
      keyOf: (row) => `${String(row.post_id)}/${String(row.user_id)}`,
    },
  ],
});
