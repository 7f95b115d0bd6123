/** As its process connects; prints what NATS refuses of it. */
const natsScript = (publishes, subscribes) => `
const { connect } = await import('@nats-io/transport-node');
const { readFileSync } = await import('node:fs');
const { NATS_URL, NATS_USER, NATS_PASSWORD_FILE, NATS_SSL_CA_FILE } = process.env;
const nats = await connect({
  servers: NATS_URL, user: NATS_USER, pass: readFileSync(NATS_PASSWORD_FILE, 'utf8'), timeout: 5000,
  ...(NATS_SSL_CA_FILE && { tls: { ca: readFileSync(NATS_SSL_CA_FILE, 'utf8'), handshakeFirst: true } }),
});
const refused = new Set();
void (async () => { for await (const { type, error } of nats.status()) if (type === 'error') refused.add(error.subject ?? error.message); })();
for (const subject of ${JSON.stringify(publishes)}) nats.publish(subject, '{}');
for (const subject of ${JSON.stringify(subscribes)}) nats.subscribe(subject, { callback: () => undefined });
await nats.flush();
await nats.flush();
await new Promise((go) => setTimeout(go, 500));
console.log(JSON.stringify([...refused]));
process.exit();`;

const forbiddenInNats = {
  votes: [
    [
      'posts.post-created.v1',
      '$JS.API.STREAM.PURGE.POSTS',
      '$JS.API.STREAM.DELETE.VOTES',
      '$JS.API.CONSUMER.CREATE.AUTH.posts',
    ],
    ['>', 'posts.>', '_INBOX_posts.>'],
  ],
  gateway: [
    ['auth.session-revoked.v1', '$JS.API.STREAM.CREATE.AUTH', '$JS.API.CONSUMER.DELETE.AUTH.votes'],
    ['votes.>'],
  ],
};

export const natsRights = {
  name: 'nats-rights',
  says: 'NATS refuses votes and the gateway what is of others',
  seconds: 60,
  async run(place) {
    const allowed = [];
    for (const [service, [publishes, subscribes]] of Object.entries(forbiddenInNats)) {
      const refused = JSON.parse(await place.inside(service, natsScript(publishes, subscribes)));
      allowed.push(
        ...[...publishes, ...subscribes]
          .filter((each) => !refused.includes(each))
          .map((each) => `${service} ${each}`),
      );
    }
    if (allowed.length > 0) throw new Error(`not refused: ${allowed.join(', ')}`);
    return { note: `${Object.values(forbiddenInNats).flat(2).length} refused` };
  },
};

const statements = [
  'select 1 from posts.posts limit 1',
  'delete from auth.users',
  'create table votes.mine ()',
  'create role mine',
];

export const databaseRights = {
  name: 'database-rights',
  says: 'PostgreSQL refuses votes other schemas, tables of its own, and roles',
  seconds: 60,
  async run(place) {
    const script = `
const { default: pg } = await import('pg');
const { readFileSync } = await import('node:fs');
const of = process.env;
const client = new pg.Client({
  host: of.DATABASE_HOST, port: of.DATABASE_PORT, database: of.DATABASE_NAME, user: of.DATABASE_USER,
  password: readFileSync(of.DATABASE_PASSWORD_FILE, 'utf8'),
  ...(of.DATABASE_SSL_CA_FILE && { ssl: { ca: readFileSync(of.DATABASE_SSL_CA_FILE, 'utf8') } }),
});
await client.connect();
const allowed = [];
for (const statement of ${JSON.stringify(statements)})
  await client.query(statement).then(() => allowed.push(statement), ({ code }) => code === '42501' || allowed.push(statement + ' ' + code));
await client.end();
console.log(JSON.stringify(allowed));`;
    const allowed = JSON.parse(await place.inside('votes', script));
    if (allowed.length > 0) throw new Error(`not refused: ${allowed.join(', ')}`);
    return { note: `${statements.length} refused` };
  },
};
