/**
 * The least that the three hot reads can cost in Node.js: `node:http`, prepared statements of `pg`, the same bytes in the answer.
 * It verifies nothing, limits nothing and logs nothing; the query says whose posts to list.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';

const columns = `posts.id, title, content, published, posts.created_at, updated_at, owner_id, votes,
  name, authors.created_at AS joined_at FROM posts JOIN authors ON authors.id = owner_id`;

const statements = {
  get: `SELECT ${columns} WHERE posts.id = $1`,
  list: `SELECT ${columns} WHERE owner_id = $1 ORDER BY posts.id DESC LIMIT 10`,
  feed: `SELECT ${columns} WHERE published ORDER BY posts.id DESC LIMIT 10`,
};

interface Row {
  id: number;
  title: string;
  content: string;
  published: boolean;
  created_at: Date;
  updated_at: Date;
  owner_id: number;
  votes: number;
  name: string;
  joined_at: Date;
}

const view = (row: Row) => ({
  id: row.id,
  title: row.title,
  content: row.content,
  published: row.published,
  created_at: row.created_at,
  updated_at: row.updated_at,
  owner_id: row.owner_id,
  owner: { id: row.owner_id, name: row.name, created_at: row.joined_at },
  votes: row.votes,
});

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

async function answer(path: string): Promise<string> {
  const [, number] = /(\d+)$/.exec(path) ?? [];
  const name = path.startsWith('/feed') ? 'feed' : path.startsWith('/posts/') ? 'get' : 'list';
  const values = number === undefined ? [] : [Number(number)];
  const { rows } = await database.query<Row>({ name, text: statements[name], values });
  return JSON.stringify(name === 'get' ? rows.map(view)[0] : rows.map(view));
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await answer(request.url ?? '');
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

createServer((request, response) => void respond(request, response)).listen(
  Number(process.env.PORT),
  '127.0.0.1',
);
