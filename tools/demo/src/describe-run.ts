import type { Config } from './config.js';
import type { Made } from './fill-agora.js';
import type { TopPosts } from './read-top-posts.js';
import type { User } from './user.js';

const some = (count: number, word: string, asked = count) =>
  `${count}${count < asked ? ` of ${asked}` : ''} ${asked === 1 ? word : `${word}s`}`;

/** What was created, out of what was asked for if that is more, and how many requests have an unknown outcome. */
export function describeMade(
  { users, posts, drafts, votes, reports }: Made,
  config: Config,
  unanswered = 0,
): string {
  const made = [
    some(Object.keys(users).length, 'user', config.users),
    `${some(posts, 'post', config.posts)} (${some(drafts, 'draft')} among them)`,
    some(votes, 'vote', config.votes),
    some(reports, 'report'),
  ];
  const doubt = `\nBroken off: ${some(unanswered, 'request')}, which may have been done all the same.`;
  return `Made ${made.join(', ')} from seed ${config.seed}.${unanswered > 0 ? doubt : ''}`;
}

/** The posts with most votes, as a list. */
export function describeTop({ posts, behind }: TopPosts): string {
  const lines = posts.map(({ votes, title, id }) => `${String(votes).padStart(5)}  ${title}  (post ${id})`);
  const late = `The vote counts of ${some(behind, 'post')} have not settled within 5 s; the list may still change.`;
  return ['Most votes:', ...lines, ...(behind > 0 ? [late] : [])].join('\n');
}

/** How to continue by hand, as one of the users. */
export const describeLogin = (user: User, url: string): string =>
  describeUser('Log in:   ', user, `${url}/feed?sort=top`);

/** How to go on as a moderator, or how to make somebody one. */
export const describeModerator = (user: User, url: string, isModerator: boolean): string =>
  isModerator
    ? describeUser('Moderator:', user, `${url}/moderation/reports`)
    : `Moderator: none yet; npm run accounts -- grant ${user.email} moderator makes one, with the password ${user.password}`;

function describeUser(heading: string, { email, password }: User, address: string): string {
  const origin = new URL(address).origin;
  const login = `curl -s ${origin}/login -d username=${email} -d password=${password}`;
  const token = `$(${login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`;
  return [
    `${heading} ${email}`,
    `Password:  ${password}`,
    `Try:       curl -s '${address}' -H "Authorization: Bearer ${token}"`,
  ].join('\n');
}
