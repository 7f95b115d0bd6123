import pg from 'pg';

/** The database of the old application. */
export interface Source {
  rows<Row extends object>(statement: string, values?: unknown[]): Promise<Row[]>;
  /** How much it holds, in words: as long as nobody writes to it, the same ones. */
  describe(): Promise<string>;
  close(): Promise<void>;
}

/** Whatever is read of the old application. */
const expected = `
  SELECT users.id, email, password, users.created_at, posts.id, title, content, published, posts.created_at, owner_id, post_id, user_id
  FROM users, posts, votes LIMIT 0`;

const extent = `
  SELECT format('%s users up to id %s, %s posts up to id %s, %s votes',
    (SELECT count(*) FROM users), (SELECT max(id) FROM users),
    (SELECT count(*) FROM posts), (SELECT max(id) FROM posts), (SELECT count(*) FROM votes)) AS extent`;

/** Connects to the old application's database, for reading alone. Throws an Error that says what is wrong with it. */
export async function openSource(url: string): Promise<Source> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'agora-import',
    keepAlive: true,
  });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  const rows = async <Row extends object>(statement: string, values: unknown[] = []) => {
    try {
      return (await client.query<Row>(statement, values)).rows;
    } catch (error) {
      throw new Error(`the database of the old application: ${messageOf(error)}`, { cause: error });
    }
  };
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`the database of the old application cannot be reached: ${messageOf(error)}`, {
      cause: error,
    });
  }
  // Times are taken over as text, which, unlike a Date, keeps microseconds.
  await rows(`SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'`);
  await rows(expected);
  return {
    rows,
    describe: async () => (await rows<{ extent: string }>(extent))[0]?.extent ?? '',
    close: () => client.end(),
  };
}

/** A host with several addresses fails with an AggregateError, whose message is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
