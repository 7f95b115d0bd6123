import type { Finding } from '../findings.js';
import type { Evidence } from './evidence.js';

/** A statement that returns a row for each violation. */
type Check = [invariant: Finding['invariant'], statement: string];

const checks: readonly Check[] = [
  [
    'I3',
    `SELECT format('post %s counts %s votes and has %s', p.id, p.votes, count(v.user_id)) AS wrong
     FROM posts.posts p LEFT JOIN votes.votes v ON v.post_id = p.id GROUP BY p.id HAVING p.votes <> count(v.user_id)`,
  ],
  [
    'I3',
    `SELECT format('votes knows post %s otherwise than posts does', p.id) AS wrong
     FROM posts.posts p LEFT JOIN votes.known_posts k ON k.id = p.id
     WHERE k.id IS NULL OR k.deleted_at IS NOT NULL OR (k.owner_id, k.published, k.version) IS DISTINCT FROM (p.owner_id, p.published, p.version + p.removals)`,
  ],
  [
    'I4',
    `SELECT format('votes believes in post %s, which is gone', k.id) AS wrong
     FROM votes.known_posts k LEFT JOIN posts.posts p ON p.id = k.id WHERE k.deleted_at IS NULL AND p.id IS NULL`,
  ],
  [
    'I4',
    `SELECT format('%s votes are left on post %s, which is gone', count(*), v.post_id) AS wrong
     FROM votes.votes v LEFT JOIN posts.posts p ON p.id = v.post_id WHERE p.id IS NULL GROUP BY v.post_id`,
  ],
  [
    'I18',
    `SELECT format('posts shows user %s as %s, who is %s', u.id, a.name, coalesce(u.name, 'user_' || u.id)) AS wrong
     FROM posts.authors a JOIN auth.users u USING (id) WHERE a.deleted_at IS NULL AND a.name <> coalesce(u.name, 'user_' || u.id)`,
  ],
  [
    'I5',
    `SELECT format('%s posts of user %s are left, who is gone', count(*), p.owner_id) AS wrong
     FROM posts.posts p LEFT JOIN auth.users u ON u.id = p.owner_id WHERE u.id IS NULL GROUP BY p.owner_id`,
  ],
  [
    'I5',
    `SELECT format('%s votes of user %s are left, who is gone', count(*), v.user_id) AS wrong
     FROM votes.votes v LEFT JOIN auth.users u ON u.id = v.user_id WHERE u.id IS NULL GROUP BY v.user_id`,
  ],
  [
    'I5',
    `SELECT format('posts believes in user %s, who is gone', a.id) AS wrong
     FROM posts.authors a LEFT JOIN auth.users u ON u.id = a.id WHERE a.deleted_at IS NULL AND u.id IS NULL`,
  ],
  [
    'I5',
    `SELECT format('votes believes in user %s, who is gone', v.id) AS wrong
     FROM votes.voters v LEFT JOIN auth.users u ON u.id = v.id WHERE v.deleted_at IS NULL AND u.id IS NULL`,
  ],
  [
    'I5',
    `SELECT format('%s sessions of user %s are left, who is gone', count(*), s.user_id) AS wrong
     FROM auth.sessions s LEFT JOIN auth.users u ON u.id = s.user_id WHERE u.id IS NULL GROUP BY s.user_id`,
  ],
];

/** What the services keep of each other's data against its owner's: I3, I4, I5. */
export async function checkProjections({ system, findings }: Evidence): Promise<void> {
  for (const [invariant, statement] of checks) {
    const rows = await system.administration.query<{ wrong: string }>(statement);
    for (const { wrong } of rows) findings.broken(invariant, wrong);
  }
}
