import { setTimeout as sleep } from 'node:timers/promises';
import { joinAgora } from './join-agora.js';
import {
  eraseAccount,
  erasePost,
  publish,
  publishStubbornly,
  read,
  report,
  type ClientOptions,
} from './posts.js';
import { changeVote, vote, voteTooLate } from './votes.js';
import { mayBeGone, type Account, type KnownPost } from './world.js';

/** Uses Agora as a person's programs would, one request after the other, and holds every answer against what it knows. */
export async function runClient(options: ClientOptions): Promise<void> {
  const { random, signal } = options;
  const own: Account[] = [];
  let count = 0;
  while (!signal.aborted) {
    while (own.length < 2 && !signal.aborted) {
      const account = await joinAgora(options.attempt, options.label);
      if (account) {
        own.push(account);
        options.world.accounts.push(account);
      } else await sleep(100);
    }
    if (signal.aborted) return;
    const account = random.pick(own);
    count += 1;
    await act(account, count, options);
    if (account.deletion !== 'none') own.splice(own.indexOf(account), 1);
    await sleep(random.below(20));
  }
}

async function act(account: Account, count: number, options: ClientOptions): Promise<void> {
  const { random, world, label } = options;
  const hot = random.below(2) === 0 ? world.hot.at(-1) : undefined;
  const dice = random.below(100);
  if (hot) return vote(account, hot, options);
  if (dice < 12) return void (await publish(account, `${label}-${account.id}-${count}`, options));
  if (dice < 25) return publishStubbornly(account, `${label}-${account.id}-${count}`, options);
  if (dice < 62) return vote(account, choosePost(options), options);
  if (dice < 64) return voteTooLate(account, options);
  if (dice < 66) return report(account, choosePost(options), options);
  if (dice < 85) return changeVote(account, options);
  if (dice < 90) return read(account, choosePost(options), options);
  if (dice < 98) return erasePost(chooseOwnPost(account, options), options);
  return eraseAccount(account, options);
}

/** Rather a recent post, so that several users meet on it. */
export function choosePost({
  random,
  world,
}: Pick<ClientOptions, 'random' | 'world'>): KnownPost | undefined {
  const recent = world.posts.slice(-40).filter((post) => !mayBeGone(post));
  return recent.length > 0 ? random.pick(recent) : undefined;
}

function chooseOwnPost(account: Account, { random, world }: ClientOptions): KnownPost | undefined {
  const own = world.posts.filter(({ author, deletion }) => author === account && deletion === 'none');
  return own.length > 0 ? random.pick(own) : undefined;
}
