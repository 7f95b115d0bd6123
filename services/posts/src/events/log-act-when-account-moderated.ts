import { accountModerated } from '@agora/contracts';
import { on } from '@agora/messaging';
import { logCarriedAct } from '../models/moderation-log.js';

/** Adds what was done to an account to the one log that moderators read. */
export const logActWhenAccountModerated = on(accountModerated, (act, transaction) =>
  logCarriedAct(
    {
      key: act.act_key,
      at: act.acted_at,
      actorId: act.actor_id,
      action: act.action,
      userId: act.user_id,
      reason: act.reason,
    },
    transaction,
  ),
);
