import { conflict, parseId, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { Author } from '../../models/author.js';
import { findVisible } from '../../models/shown-post.js';
import { fileReport } from '../../models/report.js';
import type { FindUser } from '../../users.js';
import { upsertAuthor } from '../posts/publish-post.js';
import { postNotFound, requireVisiblePost } from '../posts/require-post.js';
import { reasonBody } from './reason.js';
import { reportView } from './list-reports.js';

/** `POST /posts/{id}/reports`: reports a post to the moderators. */
export const reportPost =
  (findUser: FindUser): Handler =>
  async (ctx) => {
    const caller = requireUser(ctx);
    const id = parseId(ctx.params.id);
    await requireVisiblePost(id, caller);
    const { reason } = validate(reasonBody, await readJson(ctx));
    if ((await Author.standingOf(caller)) === 'another') await upsertAuthor(caller, findUser);
    ctx.body = await inTransaction(async (transaction) => {
      if (!(await Author.hold(caller, transaction))) throw unauthorized('invalid_token');
      if (!(await findVisible(id, caller, transaction))) throw postNotFound(id);
      const report = await fileReport(id, caller.userId, reason, transaction);
      if (!report) throw (await findVisible(id, caller, transaction)) ? alreadyReported() : postNotFound(id);
      return report;
    });
    ctx.status = 201;
  };

const alreadyReported = () => conflict('already_reported', 'You have already reported this post.');

/** For the OpenAPI document. */
export const reportPostDescription: Description = {
  name: 'reportPost',
  summary: 'Report a post',
  details: 'Asks the moderators to review the post.',
  json: reasonBody,
  answers: {
    201: {
      summary: 'The report.',
      body: reportView,
      links: { dismissReport: { id: '$response.body#/id' } },
    },
  },
  refuses: [postNotFound(42), alreadyReported()],
};
