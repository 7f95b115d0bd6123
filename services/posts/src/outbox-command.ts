/** `node outbox-command.js status|republish --since <time> [--json]`: the events that posts publishes. */
import { runOutboxCommand } from '@agora/operations';

await runOutboxCommand('posts');
