import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, mailTo, openCommands, query, shareAgora, type Agora } from '@agora/testing';

const commands = openCommands('auth');
const runMails = (...args: string[]) =>
  commands.run<{ mails: { id: string; last_error: string }[] }>('mails', args);

let agora: Agora;
beforeAll(async () => {
  agora = await shareAgora(['auth']);
}, 120_000);
afterAll(async () => {
  await commands.stop();
  await agora.stop();
});

it('lists mails that could not be sent, retries one and discards another', async () => {
  const ann = await join(httpClient(agora.process('auth').url));
  await mailTo(ann.email, /^Confirm/);
  const kept = await query<{ id: string }>(
    `INSERT INTO auth.mails (kind, user_id, email, failed_at, last_error)
     SELECT kind, $1, $2, now(), 'EENVELOPE 550' FROM unnest(ARRAY['email-changed', 'password-changed']) AS kind RETURNING id`,
    [ann.id, ann.email],
  );
  const [retried = '', discarded = ''] = kept.map(({ id }) => id);
  const { mails } = (await runMails('list', '--json')).json;
  expect(mails.filter(({ id }) => id === retried)).toMatchObject([{ last_error: 'EENVELOPE 550' }]);
  expect((await commands.start('mails', ['list'])).stdout).toMatch(/EENVELOPE 550/);
  expect((await runMails('retry', retried, '--yes')).stdout).toBe('auth: 1 done\n');
  await mailTo(ann.email, /^Your e-mail address was changed/);
  const planned = await runMails('discard', '--all', '--dry-run');
  expect(planned.stdout).toMatch(/^auth: \d+ mails that could not be sent would be forgotten for good\n$/);
  const unasked = await runMails('discard', discarded);
  expect([unasked.code, unasked.stderr]).toEqual([
    1,
    expect.stringMatching(/^auth: 1 mails .*\n.* say --yes/),
  ]);
  expect((await runMails('discard', discarded, '--yes')).stdout).toBe('auth: 1 done\n');
  expect(await query('SELECT 1 FROM auth.mails WHERE user_id = $1', [ann.id])).toEqual([]);
}, 120_000);

it.each([
  [[], 2],
  [['retry'], 2],
  [['discard', 'x'], 2],
  [['retry', '00000000-0000-0000-0000-000000000000'], 1],
])('ends %j with code %i and says why', async (args, expected) => {
  const { code, stderr } = await runMails(...args);
  expect([code, stderr.startsWith('auth: mails: ')]).toEqual([expected, true]);
});
