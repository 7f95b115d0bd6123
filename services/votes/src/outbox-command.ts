/** `node outbox-command.js status|republish --since <time> [--json]`: the events that votes publishes. */
import { runOutboxCommand } from '@agora/operations';

await runOutboxCommand('votes');
