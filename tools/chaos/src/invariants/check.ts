import { checkAccounts } from './check-accounts.js';
import { checkEvents, checkLateVotes } from './check-events.js';
import { checkProjections } from './check-projections.js';
import { checkMails } from './check-mails.js';
import { checkModeration } from './check-moderation.js';
import { checkStuck } from './check-stuck.js';
import { checkWorld } from './check-world.js';
import type { Evidence } from './evidence.js';

/** Compares everything stored with the clients' answers and with itself; nothing may be in flight any more. */
export async function checkInvariants(evidence: Evidence): Promise<void> {
  await checkWorld(evidence);
  await checkProjections(evidence);
  await checkEvents(evidence);
  await checkLateVotes(evidence);
  await checkModeration(evidence);
  await checkAccounts(evidence);
  await checkMails(evidence);
  await checkStuck(evidence);
}
