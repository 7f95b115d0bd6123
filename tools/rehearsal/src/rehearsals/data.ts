import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { same, until, type Rehearsal } from '../rehearsal.js';
import type { System } from '../system.js';

const rowsOf = (system: System) =>
  system.sql<{ posts: number; votes: number }>(
    `SELECT (SELECT count(*)::int FROM posts.posts) AS posts, (SELECT count(*)::int FROM votes.votes) AS votes`,
  );
const postsIn = (rows: { posts: number }[]) => rows[0]?.posts ?? 0;
const backup = (system: System) => join(system.data, '..', 'agora-backup');
const accountsOf = async (system: System) =>
  (await system.sql<{ users: number }>('SELECT count(*)::int AS users FROM auth.users'))[0]?.users ?? 0;

/** What users saw before, to check that it is back. */
const before = { rows: [] as { posts: number; votes: number }[], users: 0, post: 0 };

/** Two people who have posted and voted for each other. */
async function populate(system: System): Promise<{ posts: number[] }> {
  const [ann, ben] = [await system.person(), await system.person()];
  const posts = [await system.post(ann), await system.post(ben), await system.post(ann, false)];
  await system.vote(ben, posts[0] ?? 0);
  await system.vote(ann, posts[1] ?? 0);
  await until(async () =>
    same(await system.sql('SELECT votes FROM posts.posts WHERE id = ANY($1) ORDER BY id', [posts]), [
      { votes: 1 },
      { votes: 1 },
      { votes: 0 },
    ]),
  );
  return { posts };
}

const toBackup = (system: System) => ({ '../agora-backup': backup(system) });
const elsewhere = {
  except: 'needs another database server or AWS; the decision on rehearsals says what was tried',
};

/** Backs up, loses everything, restores by the page alone; then loses what was written to one schema since. */
export const backupAndRestore: Rehearsal = {
  async situation(system) {
    before.post = (await populate(system)).posts[0] ?? 0;
    before.rows = await rowsOf(system);
    before.users = await accountsOf(system);
  },
  commands: {
    'npm run chaos -- --drill': { except: 'a rehearsal of its own, which takes minutes' },
    'npm run backup -- --to ../agora-backup': { with: toBackup, says: /rows as of/ },
    'npm run restore -- --from ../agora-backup --dry-run': {
      async before(system) {
        await populate(system);
        await system.stop();
        rmSync(system.data, { recursive: true });
      },
      with: toBackup,
      says: /Nothing was done/,
    },
    'npm run restore -- --from ../agora-backup': { with: toBackup, asks: true, says: /^Restored\./m },
    'npm start': {
      async then(system) {
        same([await rowsOf(system), await accountsOf(system)], [before.rows, before.users]);
        const { status } = await system.ask('GET', `/posts/${before.post}`, {
          token: (await system.person()).token,
        });
        same(status, 200);
      },
    },
    'npm run audit': {},
    'npm run restore -- --from ../agora-backup --service auth --dry-run': {
      async before(system) {
        await populate(system);
        await system.stop();
      },
      with: toBackup,
    },
    'npm run restore -- --from ../agora-backup --service auth': {
      with: toBackup,
      asks: true,
      says: /Next: "npm start", then "npm run reconcile"/,
    },
    'npm run reconcile -- --dry-run': {
      before: (system) => system.start(),
      code: 1,
      says: /posts: posts_without_author +0 +\d+ of/,
    },
    'npm run reconcile': {
      asks: true,
      async then(system) {
        same([await rowsOf(system), await accountsOf(system)], [before.rows, before.users]);
      },
    },
    'npm run quarantine -- restore <run>': {
      with: async (system) => ({ '<run>': await newestRun(system, 'posts') }),
      asks: true,
      async then(system) {
        same(postsIn(await rowsOf(system)), postsIn(before.rows) + 3);
      },
    },
    ...Object.fromEntries(
      [
        'pg_dump --format=custom --schema=auth --file=auth.dump "$RESTORED"',
        'pg_restore --clean --if-exists --single-transaction --dbname="$LIVE" auth.dump',
        'psql "$LIVE" --command="DELETE FROM auth.signing_keys"',
        `psql "$LIVE" --command="SELECT max(setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + 1000000)) FROM pg_sequences WHERE schemaname = 'auth'"`,
        'aws rds create-db-snapshot --db-instance-identifier <instance> --db-snapshot-identifier <name>',
        'aws ecs update-service --cluster agora --service <service> --desired-count 0',
        'aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier <instance> --target-db-instance-identifier <new> --restore-time <time>',
        'aws rds modify-db-instance --new-db-instance-identifier',
        'docker run --rm --volume agora_secrets-kept:/kept:ro debian:bookworm-slim tar --create --directory /kept . > agora-secrets.tar',
        'docker volume rm agora_nats-data',
        'DELETE FROM auth.signing_keys',
      ].map((command) => [command, elsewhere]),
    ),
    ...Object.fromEntries(
      [
        'docker compose exec -T postgres pg_dump -U postgres --format=custom agora > agora.dump',
        'docker compose up',
        'docker compose stop gateway votes posts auth',
        'docker compose exec -T postgres pg_restore -U postgres --clean --if-exists --single-transaction --dbname=agora < agora.dump',
        'docker compose exec -T postgres psql -U postgres --dbname=agora --command="DELETE FROM auth.signing_keys"',
        'docker compose rm --stop --force nats',
        'docker compose up --detach --wait',
        'docker compose run --rm posts services/posts/dist/operate.js audit',
        'docker compose run --rm votes services/votes/dist/operate.js audit',
        'kubectl scale deployment --namespace agora --replicas=0 --all',
        'kubectl scale statefulset/nats --namespace agora --replicas=0',
        'kubectl delete pvc --namespace agora --selector app.kubernetes.io/name=nats',
        'kubectl apply --kustomize deploy/k8s/overlays/production',
        'kubectl create job --namespace agora --from=cronjob/audit-posts audit-posts-now',
        'kubectl create job --namespace agora --from=cronjob/audit-votes audit-votes-now',
      ].map((command) => [command, { form: true }]),
    ),
  },
};

const newestRun = async (system: System, schema: string): Promise<string> => {
  const [row] = await system.sql<{ run: string }>(
    `SELECT run FROM ${schema}.quarantine WHERE run <> '00000000-0000-0000-0000-000000000000' ORDER BY id DESC LIMIT 1`,
  );
  if (!row) throw new Error(`nothing is in the quarantine of ${schema}`);
  return row.run;
};

/** auth was restored to an older state: accounts are gone that have posted and voted since. */
export const auditDrift: Rehearsal = {
  async situation(system) {
    await populate(system);
    await system.type(`npm run backup -- --to ${backup(system)}-of-auth`);
    await populate(system);
    before.rows = await rowsOf(system);
    await system.stop();
    await system.type(`npm run restore -- --from ${backup(system)}-of-auth --service auth --yes`);
    await system.start();
  },
  commands: {
    'npm run audit': { code: 1, says: /posts_without_author/ },
    'npm run audit -- --json': { code: 1, says: /"posts_without_author"/ },
    'npm run audit -- --repair': {
      code: 1,
      then: async (system) => same(await rowsOf(system), before.rows),
    },
    'npm run reconcile': { except: 'instead of --erase; rehearsed with the page on backups' },
    'npm run audit -- --erase --at-most <rows>': {
      with: () => ({ '<rows>': '100' }),
      asks: true,
      // votes wait for what posts has set aside.
      code: 0,
      async then(system) {
        same((await system.sql('SELECT 1 FROM posts.quarantine')).length > 0, true);
      },
    },
    'npm run quarantine -- list': { says: /user \d+/ },
    'npm run quarantine -- restore <run>': {
      with: async (system) => ({ '<run>': await newestRun(system, 'posts') }),
      asks: true,
      says: /are back/,
    },
  },
  after: async (system) => same(postsIn(await rowsOf(system)), postsIn(before.rows)),
};
