import { invalid, parseId, text, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import Joi from 'joi';
import { banUser, findTarget, userNotFound, type ActDependencies } from '../../moderation/act-on-account.js';
import { readTime } from '../../moderation/read-time.js';

const schema = Joi.object<{ reason: string; until?: string }>({
  reason: text({ min: 1, max: 500 }).required(),
  until: Joi.string()
    .custom((value: string, { error }) => (readTime(value) ? value : error('time.shape')))
    .meta({ jsonSchema: { format: 'date-time' } })
    .description('When the ban ends (RFC 3339). Without it the ban is permanent.')
    .messages({ 'time.shape': '{#label} must be a time such as 2027-01-31T12:00:00Z' }),
})
  .example({ reason: 'Advertises in every comment.', until: '2027-01-31T12:00:00Z' })
  .meta({ name: 'Ban' });

/** `PUT /users/{id}/ban`: bans a user of a lower role: their sessions end, and they cannot log in until then. */
export const banAccount =
  (dependencies: ActDependencies): Handler =>
  async (ctx) => {
    const moderator = requireRole(ctx, 'moderator');
    const id = parseId(ctx.params.id);
    await findTarget(id, moderator);
    const { reason, until: given } = validate(schema, await readJson(ctx));
    const until = given === undefined ? undefined : readTime(given);
    if (until && until.getTime() <= Date.now()) throw untilPassed();
    await inTransaction((transaction) =>
      banUser(id, { reason, until }, moderator, dependencies, transaction),
    );
    ctx.status = 204;
  };

const untilPassed = () => invalid([{ field: 'until', message: 'until must be in the future' }]);

/** For the OpenAPI document. */
export const banAccountDescription: Description = {
  name: 'banUser',
  summary: 'Ban a user',
  details:
    'Ends all sessions of the user and blocks logins until the ban ends. Posts and votes stay. Replaces an existing ban. Moderators only; users of the same or a higher role cannot be banned.',
  json: schema,
  answers: { 204: { summary: 'The user is banned.' } },
  refuses: [userNotFound(7), notAllowed()],
};
