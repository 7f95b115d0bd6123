/** `node quarantine-command.js list|restore <run>|purge [--json]`: what audits of posts have set aside. */
import { runQuarantineCommand } from '@agora/operations';
import { models } from './models/models.js';
import { bringAuthorsBack, bringPostsBack, bringReportsBack } from './models/set-aside.js';

await runQuarantineCommand({
  service: 'posts',
  models,
  tables: [
    { source: 'authors', bringBack: bringAuthorsBack, keyOf: ({ id }) => String(id) },
    { source: 'posts', bringBack: bringPostsBack, keyOf: ({ id }) => String(id) },
    { source: 'reports', bringBack: bringReportsBack, keyOf: ({ id }) => String(id) },
  ],
});
