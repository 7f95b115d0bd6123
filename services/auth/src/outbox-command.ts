/** `node outbox-command.js status|republish --since <time> [--json]`: the events that auth publishes. */
import { runOutboxCommand } from '@agora/operations';

await runOutboxCommand('auth');
