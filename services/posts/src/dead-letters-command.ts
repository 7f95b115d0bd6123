/** `node dead-letters-command.js list|show|retry|discard [<id>|--all] [--json]`: the messages that posts could not apply. */
import { runDeadLettersCommand } from '@agora/operations';
import { subscriptions } from './events/subscriptions.js';
import { Author } from './models/author.js';
import { Post } from './models/post.js';

await runDeadLettersCommand({ service: 'posts', models: [Author, Post], subscriptions });
