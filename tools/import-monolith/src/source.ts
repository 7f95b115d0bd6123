import pg from 'pg';

/** The database of the old application. */
export interface Source {
  rows<Row extends object>(statement: string, values?: unknown[]): Promise<Row[]>;
  /** A description of its contents, which changes when somebody writes to it. */
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

/** The database of the old application gives no answer. */
class SourceAway extends Error {}

/** Whether an error says that the old application's database gives no answer. */
export const isSourceAway = (error: unknown): boolean => error instanceof SourceAway;

/** Connects to the old application's database, for reading alone, and again whenever the connection broke. Throws an Error that says what is wrong with it. */
export async function openSource(url: string): Promise<Source> {
  let open: pg.Client | undefined = await connect(url);
  const rows = async <Row extends object>(statement: string, values: unknown[] = []) => {
    const client = (open ??= await connect(url));
    try {
      return (await client.query<Row>(statement, values)).rows;
    } catch (error) {
      const text = `the database of the old application: ${messageOf(error)}`;
      // What the server says comes with a code; whatever else there is, the connection is of no use.
      if (error instanceof pg.DatabaseError && !/^(08|57|53)/.test(error.code ?? ''))
        throw new Error(text, { cause: error });
      open = undefined;
      void client.end().catch(() => undefined);
      throw new SourceAway(text, { cause: error });
    }
  };
  await rows(expected);
  return {
    rows,
    describe: async () => (await rows<{ extent: string }>(extent))[0]?.extent ?? '',
    close: async () => {
      await open?.end().catch(() => undefined);
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    // Counting a large table without an index takes minutes; a server that hangs never answers.
    query_timeout: 600_000,
    application_name: 'agora-import',
    keepAlive: true,
  });
  // Without a listener, a connection that breaks while idle ends the process; the next query reports it anyway.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Times are taken over as text, which, unlike a Date, keeps microseconds.
    await client.query(`SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'`);
    return client;
  } catch (error) {
    throw new SourceAway(`the database of the old application cannot be reached: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A host with several addresses fails with an AggregateError, whose message is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
