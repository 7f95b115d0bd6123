import { setTimeout as sleep } from 'node:timers/promises';
import { reconcile, StackError } from '@agora/local-stack';
import { pairOf } from './failover-faults.js';
import type { Mark, Scene } from '../faults/fault.js';
import { collectFindings } from '../findings.js';
import { settle } from '../invariants/settle.js';
import { startLoad } from '../load/start-load.js';
import { mayBeGone, voteKey, type World } from '../load/world.js';
import { untilAllReady } from '../system/system.js';
import { checkIds, logInAgain } from '../drill/check-restored.js';
import { knownBetween, remember } from '../drill/known-at-backup.js';

/** What it is called among the kinds of faults. */
export const lossyFailover = 'fail over with loss';

/** How long the system is used at least without the standby, and after the failover. */
const seconds = { unseen: 3, after: 4 };
/** However busy the machine is, this many posts are written before, and this many without the standby. */
const fewestPosts = 10;
const awayMilliseconds = 1_500;
/** As many accounts are logged in to, the newest that must be there. */
const askedAccounts = 20;

/**
 * The primary is lost with its disk while an asynchronous standby lacks the last seconds: what was acknowledged then is gone, though other services received its events. The audits
 * must find and repair the differences. Returns the mark, and the scene with what is known since.
 */
export async function failOverWithLoss(
  scene: Scene,
  seed: number,
  announce: (line: string) => void,
): Promise<{ mark: Mark; known: Scene }> {
  const { system, world, journal, findings, outages, signal } = scene;
  const pair = pairOf(system);
  // Accounts that the failover lost are refused from then on although their registration was acknowledged: that is no finding.
  const ofClients = collectFindings(() => undefined);
  const load = await startLoad({ ...scene, findings: ofClients }, seed);
  let startedAt = journal.now();
  let unseen = 0;
  const before = await (async () => {
    try {
      await untilWritten(scene);
      await pair.setSynchronous(false);
      const known = remember(world);
      await pair.untilFollowed();
      pair.cutOffStandby();
      const cutOffAt = journal.now();
      await sleep(seconds.unseen * 1_000, undefined, { signal });
      await untilWritten(scene);
      unseen = journal.now() - cutOffAt;
      startedAt = journal.now();
      outages.begin('postgres');
      await pair.failOver(awayMilliseconds);
      await untilAllReady(system.replicas, signal);
      outages.end('postgres');
      await sleep(seconds.after * 1_000, undefined, { signal });
      return known;
    } finally {
      await load.stop();
    }
  })();
  const endedAt = journal.now();
  for (const { invariant, what } of ofClients.all)
    if (invariant === 'I11' || invariant === 'I13') findings.broken(invariant, what);
  await settle(scene);
  const lost = await tellLost(scene);
  announce(
    `  Failed over without the last ${(unseen / 1_000).toFixed(1)} s: ${lost}, all acknowledged, are lost`,
  );
  const known = {
    ...scene,
    world: knownBetween(before, remember(world)),
    // Mails that were in the queue are sent again.
    outages: { ...outages, wereBroken: () => true },
  };
  await heal(known, announce);
  await pair.follow();
  await checkIds(world, known);
  await logInAgain({
    ...known,
    world: { ...known.world, accounts: known.world.accounts.slice(-askedAccounts) },
  });
  return { mark: { kind: lossyFailover, detail: `${lost} lost`, startedAt, endedAt }, known };
}

async function untilWritten({ world, signal }: Scene): Promise<void> {
  const wanted = world.posts.length + fewestPosts;
  while (world.posts.length < wanted) await sleep(100, undefined, { signal });
}

/** Has the audits of both sides repair what they find: nothing may be left then. */
async function heal(scene: Scene, announce: (line: string) => void): Promise<void> {
  const { system, findings, signal } = scene;
  const options = { isDry: false, yes: true, signal, print: announce };
  await audited(() => reconcile(system.stack, options));
  await settle(scene);
  if ((await audited(() => reconcile(system.stack, { ...options, isDry: true }))) !== 0)
    findings.broken('I19', 'the audits find drift in what was reconciled after a failover with loss');
}

const attempts = 3;

/** On a busy machine an audit may time out; it reports that, and has done nothing. */
async function audited(work: () => Promise<number>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !(error instanceof StackError)) throw error;
    }
  }
}

/** How many acknowledged writes are lost. */
async function tellLost({ system: { administration }, world }: Scene): Promise<string> {
  const accounts = world.accounts.filter(({ deletion }) => deletion === 'none');
  const posts = world.posts.filter((post) => !mayBeGone(post));
  const votes = certainVotes(world);
  const keys = async (statement: string) =>
    new Set((await administration.query<{ key: string }>(statement)).map(({ key }) => key));
  const kept = {
    accounts: await keys('SELECT id::text AS key FROM auth.users'),
    posts: await keys('SELECT id::text AS key FROM posts.posts'),
    votes: await keys(`SELECT user_id || '/' || post_id AS key FROM votes.votes`),
  };
  const lost = {
    accounts: accounts.filter(({ id }) => !kept.accounts.has(String(id))),
    posts: posts.filter(({ id }) => !kept.posts.has(String(id))),
    votes: votes.filter((key) => !kept.votes.has(key)),
  };
  return `${lost.accounts.length} accounts, ${lost.posts.length} posts and ${lost.votes.length} votes`;
}

const certainVotes = ({ votes }: World): string[] =>
  [...votes.values()]
    .filter(({ account, post, possible }) => {
      const isCertain = possible.size === 1 && possible.has(true);
      return isCertain && account.deletion === 'none' && !mayBeGone(post);
    })
    .map(({ account, post }) => voteKey(account, post));
