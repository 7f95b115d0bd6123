/** `node dead-letters-command.js list|show|retry|discard [<id>|--all] [--json]`: the messages that votes could not apply. */
import { runDeadLettersCommand } from '@agora/operations';
import { subscriptions } from './events/subscriptions.js';
import { models } from './models/models.js';

await runDeadLettersCommand({ service: 'votes', models, subscriptions });
