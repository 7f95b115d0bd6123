/** `node dead-letters-command.js list|show|retry|discard [<id>|--all] [--json]`: the messages that votes could not apply. */
import { runDeadLettersCommand } from '@agora/operations';
import { subscriptions } from './events/subscriptions.js';
import { KnownPost } from './models/known-post.js';
import { Vote } from './models/vote.js';
import { Voter } from './models/voter.js';

await runDeadLettersCommand({ service: 'votes', models: [KnownPost, Vote, Voter], subscriptions });
