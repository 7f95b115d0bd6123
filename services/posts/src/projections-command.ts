/** `node projections-command.js rebuild [--json]`: asks auth anew for all authors that posts keeps. */
import { runProjectionsCommand } from '@agora/operations';
import { compareAuthors } from './audit/authors.js';
import { readProjectionsConfig } from './config.js';
import { models } from './models/models.js';
import { findUsersAt } from './users.js';

await runProjectionsCommand('posts', models, () => {
  const settings = readProjectionsConfig();
  const auth = { origin: settings.AUTH_INTERNAL_URL, secret: settings.AUTH_INTERNAL_SECRET };
  return [{ check: compareAuthors(findUsersAt(auth)) }];
});
