import { voteCast, voteRetracted } from '@agora/contracts';
import {
  defineMove,
  followingRun,
  forgetQuarantined,
  holdRowsOfSubject,
  inTransaction,
  keepInQuarantine,
  moveRows,
  putBack,
  type SetAside,
} from '@agora/database';
import { addAllToOutbox } from '@agora/messaging';
import type { RestoredTable } from '@agora/operations';
import type { Transaction } from 'sequelize';
import { KnownPost } from './known-post.js';
import { notAllowed } from './vote.js';
import { Voter } from './voter.js';

/** How many votes one transaction moves at most. */
const batchSize = 500;

interface VoteRow {
  post_id: number;
  user_id: number;
}
type Row = Record<string, unknown>;

const moveVotesOf = defineMove(
  'votes-of-set-aside',
  'votes',
  `DELETE FROM votes WHERE user_id = $1 AND post_id = ANY(ARRAY(
     SELECT post_id FROM votes WHERE user_id = $1 ORDER BY post_id LIMIT $2 FOR UPDATE))`,
  'post_id, user_id',
);
const moveVotesOn = defineMove(
  'votes-on-set-aside',
  'votes',
  `DELETE FROM votes WHERE post_id = $1 AND user_id = ANY(ARRAY(
     SELECT user_id FROM votes WHERE post_id = $1 ORDER BY user_id LIMIT $2 FOR UPDATE))`,
  'post_id, user_id',
);
const moveVotesNotAllowed = defineMove(
  'votes-not-allowed-set-aside',
  'votes',
  `DELETE FROM votes WHERE post_id = $1 AND user_id = ANY(ARRAY(
     SELECT votes.user_id FROM votes JOIN known_posts AS post ON post.id = votes.post_id
     WHERE votes.post_id = $1 AND (${notAllowed}) ORDER BY votes.user_id LIMIT $2 FOR UPDATE OF votes))`,
  'post_id, user_id',
);

/** Sets a voter and their votes aside, so that the counts of other people's posts fall, and lets nobody vote in that name. */
export async function setVoterAside(userId: number, how: SetAside): Promise<void> {
  await inBatches(async (transaction) => {
    await tombstoneVoterAside(userId, how, transaction);
    const moved = await moveRows<VoteRow>(moveVotesOf, [userId, batchSize], how, transaction);
    await addAllToOutbox(voteRetracted, moved, transaction);
    return moved.length;
  });
}

/** Leaves a tombstone for a voter, which can be taken back. */
export async function tombstoneVoterAside(
  userId: number,
  how: SetAside,
  transaction: Transaction,
): Promise<void> {
  const voter = await Voter.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
  if (voter?.deletedAt === null)
    await keepInQuarantine('voters', { id: userId, account_key: voter.accountKey }, how, transaction);
  await Voter.placeTombstone(userId, transaction);
}

/** Sets the votes on a post aside that is gone. No count is left to fall. */
export async function setVotesOnAside(postId: number, how: SetAside): Promise<void> {
  await inBatches(async (transaction) => {
    await KnownPost.placeTombstone(postId, transaction);
    return (await moveRows<VoteRow>(moveVotesOn, [postId, batchSize], how, transaction)).length;
  });
}

/** Sets those votes on a post aside that their voters may not have cast, so that its count falls. */
export async function setVotesNotAllowedAside(postId: number, how: SetAside): Promise<void> {
  await inBatches(async (transaction) => {
    const moved = await moveRows<VoteRow>(moveVotesNotAllowed, [postId, batchSize], how, transaction);
    await addAllToOutbox(voteRetracted, moved, transaction);
    return moved.length;
  });
}

async function inBatches(work: (transaction: Transaction) => Promise<number>): Promise<void> {
  while ((await inTransaction(work)) === batchSize);
}

/** As `setVotesOnAside`, up to `limit` votes on a post that posts has set aside; they come back with it. Returns how many. */
export async function moveVotesWithPost(
  postId: number,
  limit: number,
  transaction: Transaction,
): Promise<number> {
  const how = { run: followingRun, subject: `post ${postId}`, reason: 'posts has set its post aside' };
  return (await moveRows<VoteRow>(moveVotesOn, [postId, limit], how, transaction)).length;
}

/** Brings up to a batch of votes back that were set aside with a post; returns whether that were all. */
export async function bringVotesBackWithPost(postId: number, transaction: Transaction): Promise<boolean> {
  const rows = await holdRowsOfSubject(`post ${postId}`, 'votes', batchSize, transaction);
  await bringVotesBack(
    rows.map(({ content }) => content),
    transaction,
  );
  await forgetQuarantined(
    rows.map(({ id }) => id),
    transaction,
  );
  return rows.length < batchSize;
}

/** Restores votes whose voter and post exist, and has each counted again; returns the restored ones. */
export async function bringVotesBack(rows: Row[], transaction: Transaction): Promise<Row[]> {
  const votes = rows as unknown as VoteRow[];
  const options = { attributes: ['id'], lock: transaction.LOCK.SHARE, transaction };
  const ids = (model: { id: number }[]) => new Set(model.map(({ id }) => id));
  const voters = ids(
    await Voter.findAll({ ...options, where: { id: votes.map((vote) => vote.user_id), deletedAt: null } }),
  );
  const posts = ids(
    await KnownPost.findAll({
      ...options,
      where: { id: votes.map((vote) => vote.post_id), deletedAt: null },
    }),
  );
  const possible = votes.filter((vote) => voters.has(vote.user_id) && posts.has(vote.post_id));
  const back = await putBack<VoteRow>('votes', possible, transaction);
  const facts = back.map(({ post_id, user_id }) => ({ post_id, user_id }));
  await addAllToOutbox(voteCast, facts, transaction);
  return back as unknown as Row[];
}

/** Brings voters back whose tombstones were left when they were set aside; returns those that are back. */
export async function bringVotersBack(rows: Row[], transaction: Transaction): Promise<Row[]> {
  const back: Row[] = [];
  for (const row of rows) {
    const where = { id: row.id, accountKey: row.account_key };
    const [count] = await Voter.update({ deletedAt: null }, { where, transaction });
    if (count > 0) back.push(row);
  }
  return back;
}

/** How rows come back from the quarantine: those first to which others refer. */
export const quarantined: RestoredTable[] = [
  { source: 'voters', bringBack: bringVotersBack, keyOf: ({ id }) => String(id) },
  {
    source: 'votes',
    bringBack: bringVotesBack,
    keyOf: (row) => `${String(row.post_id)}/${String(row.user_id)}`,
  },
];
