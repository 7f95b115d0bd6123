/**
 * The least that further requests can cost in Node.js: `node:http`, one prepared statement of `pg` each, and the signature of a token that is given.
 * It verifies nothing, limits nothing and logs nothing; the query names the user.
 */
import { createHash, createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import jwt from 'jsonwebtoken';
import pg from 'pg';

const pool = (url: string | undefined) => new pg.Pool({ connectionString: url, max: 10 });
const databases = {
  auth: pool(process.env.AUTH_DATABASE_URL),
  posts: pool(process.env.POSTS_DATABASE_URL),
  votes: pool(process.env.VOTES_DATABASE_URL),
};
const signingKey = createPrivateKey(process.env.SIGNING_KEY ?? '');
const sha256 = (token: string) => createHash('sha256').update(token).digest();

const statements = {
  me: `SELECT id, coalesce(name, 'user_' || id) AS name, email, email_verified_at IS NOT NULL AS email_verified, role,
       totp_enabled_at IS NOT NULL AS totp, created_at FROM users WHERE id = $1`,
  voted: `SELECT post_id FROM votes JOIN known_posts AS post ON post.id = votes.post_id
       WHERE user_id = $1 AND post_id = ANY($2::int[]) AND post.deleted_at IS NULL AND (post.published OR post.owner_id = $1) ORDER BY post_id`,
  rewrite: `WITH changed AS (
         UPDATE posts SET title = $2, content = $3, published = true, version = version + 1, updated_at = now() WHERE id = $1 RETURNING *
       ), recorded AS (
         INSERT INTO outbox (event_id, envelope)
         SELECT $4::uuid, $5::jsonb || jsonb_build_object('data', jsonb_strip_nulls(jsonb_build_object('post_id', id, 'owner_id', owner_id,
           'published', published, 'version', version + removals, 'post_key', post_key, 'was_published', true))) FROM changed
       )
       SELECT changed.id, title, content, published, changed.created_at, updated_at, owner_id, votes, name, authors.created_at AS joined_at
       FROM changed JOIN authors ON authors.id = owner_id`,
  refresh: `WITH used AS (
         UPDATE refresh_tokens SET used_at = now() WHERE hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING session_id
       ), held AS (
         UPDATE sessions SET last_used_at = now() FROM used WHERE id = session_id RETURNING sessions.*
       ), added AS (
         INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $2, id, least(expires_at, now() + interval '14 days') FROM held
       )
       SELECT held.id AS session, held.number::int, users.id, account_key, role, email_verified_at IS NOT NULL AS email_verified
       FROM held JOIN users ON users.id = user_id AND held.number > sessions_ended_up_to`,
};

async function ask(database: pg.Pool, name: keyof typeof statements, values: unknown[]) {
  const { rows } = await database.query<Record<string, unknown>>({ name, text: statements[name], values });
  return rows;
}

async function answer(request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://floor');
  const user = searchParams.get('user');
  if (pathname === '/users/me') return (await ask(databases.auth, 'me', [user]))[0];
  if (pathname === '/vote') {
    const ids = searchParams.get('post_ids')?.split(',').map(Number);
    return {
      voted: (await ask(databases.votes, 'voted', [user, ids])).map(({ post_id: postId }) => postId),
    };
  }
  const given = JSON.parse(await text(request)) as Record<string, string>;
  return pathname === '/refresh' ? refresh(given.refresh_token ?? '') : rewrite(pathname, given);
}

async function rewrite(path: string, { title, content }: Record<string, string>) {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: 'agora/posts',
    type: 'posts.post-updated.v1',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
  };
  const values = [path.slice('/posts/'.length), title, content, event.id, JSON.stringify(event)];
  const [row] = await ask(databases.posts, 'rewrite', values);
  const { name, joined_at: joinedAt, votes, ...post } = row ?? {};
  return { ...post, owner: { id: post.owner_id, name, created_at: joinedAt }, votes };
}

async function refresh(refreshToken: string) {
  const next = randomBytes(32).toString('base64url');
  const [row = {}] = await ask(databases.auth, 'refresh', [sha256(refreshToken), sha256(next)]);
  const claims = {
    client_id: 'agora',
    sid: row.session,
    session_number: row.number,
    account_key: row.account_key,
    role: row.role,
    email_verified: row.email_verified,
  };
  const token = jwt.sign(claims, signingKey, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: process.env.KEY_ID },
    issuer: 'agora',
    audience: 'agora',
    subject: String(row.id),
    jwtid: randomUUID(),
    expiresIn: 3_600,
  });
  return { access_token: token, token_type: 'bearer', expires_in: 3_600, refresh_token: next };
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.stringify(await answer(request));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

createServer((request, response) => {
  if (request.url === '/') response.end();
  else void respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
}).listen(Number(process.env.PORT), '127.0.0.1');
