import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  beforeCommit,
  eventually,
  httpClient,
  join,
  mailsTo,
  mailTo,
  query,
  shareAgora,
  statusesOf,
  tokenIn,
  untilLocked,
  type Agora,
  type Answer,
  type HttpClient,
  type Mail,
  type Person,
} from '@agora/testing';

const freshAddress = () => `${randomUUID()}@example.test`;
const asked = /^Confirm your e-mail/;
const askedNew = /^Confirm your new e-mail/;

async function logOfPostgres(): Promise<string> {
  const [folder] = await query<{ data_directory: string }>('SHOW data_directory');
  return readFile(resolve(folder?.data_directory ?? '', '..', 'postgres.log'), 'utf8');
}

/** The token of a mail that none of the known ones is of. */
function newTokenIn(mails: readonly Mail[], known: readonly string[]): string {
  const token = mails.map((mail) => tokenIn(mail, 'confirm-email')).find((each) => !known.includes(each));
  if (token === undefined) throw new Error('there is no new mail');
  return token;
}

describe('e-mail addresses', () => {
  let agora: Agora;
  let ask: HttpClient;

  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  const confirm = (token: string) => ask('POST', '/email-confirmations', { json: { token } });
  const change = (person: Person, email: string, password = person.password) =>
    ask('PUT', '/users/me/email', { token: person.token, json: { email, current_password: password } });
  const resend = ({ token }: Person) => ask('POST', '/users/me/email/confirmation', { token });
  const accountOf = async ({ token }: Person) => (await ask('GET', '/users/me', { token })).body;
  const tokenTo = async (address: string, subject = asked) =>
    tokenIn(await mailTo(address, subject), 'confirm-email');
  const otherTokenTo = (address: string, old: string) =>
    eventually(async () => {
      const token = await tokenTo(address);
      expect(token).not.toBe(old);
      return token;
    });

  it('are confirmed with the token of the mail that follows a registration, once', async () => {
    const ann = await join(ask);
    expect(await accountOf(ann)).toMatchObject({ email_verified: false });
    const mail = await mailTo(ann.email, asked);
    expect(mail.text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/docs#confirm-email=[\w-]{43}\n/);
    const token = tokenIn(mail, 'confirm-email');
    expect((await confirm(token)).status).toBe(204);
    expect(await accountOf(ann)).toMatchObject({ email_verified: true });
    const again = await confirm(token);
    expect([again.status, again.body.code]).toEqual([403, 'invalid_mail_token']);
  });

  it('are confirmed once by several concurrent requests with the token', async () => {
    const ann = await join(ask);
    const token = await tokenTo(ann.email);
    expect(statusesOf(await Promise.all([1, 2, 3].map(() => confirm(token))))).toEqual([204, 403, 403]);
  });

  it('are not confirmed with an expired, unknown or foreign token', async () => {
    const ann = await join(ask);
    const token = await tokenTo(ann.email);
    await query(`UPDATE auth.mail_tokens SET expires_at = now() - interval '1 s' WHERE user_id = $1`, [
      ann.id,
    ]);
    await ask('POST', '/password-resets', { json: { email: ann.email } });
    const foreign = tokenIn(await mailTo(ann.email, /^Set a new password/), 'reset-password');
    for (const bad of [token, 'x'.repeat(43), foreign]) expect((await confirm(bad)).status).toBe(403);
    for (const json of [{}, { token: 7 }, { token: '' }, { token: 'x'.repeat(129) }])
      expect((await ask('POST', '/email-confirmations', { json })).status).toBe(422);
  });

  it('can be sent a new confirmation three times an hour, which voids the older token', async () => {
    const ann = await join(ask);
    const first = await tokenTo(ann.email);
    expect((await resend(ann)).status).toBe(202);
    const second = await otherTokenTo(ann.email, first);
    expect((await confirm(first)).status).toBe(403);
    expect([(await resend(ann)).status, (await resend(ann)).status]).toEqual([202, 202]);
    const refused = await resend(ann);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 3_000]).toEqual([429, true]);
    expect((await confirm(second)).status).toBe(403);
  });

  it('are sent no confirmation once they are confirmed', async () => {
    const ann = await join(ask);
    await confirm(await tokenTo(ann.email));
    expect((await resend(ann)).status).toBe(202);
    expect(await query('SELECT 1 FROM auth.mails WHERE user_id = $1', [ann.id])).toEqual([]);
    expect(await mailsTo(ann.email)).toHaveLength(1);
  });

  it('change when the new one is confirmed; the old one gets a notice, and sessions stay', async () => {
    const ann = await join(ask);
    await tokenTo(ann.email);
    const email = freshAddress();
    expect((await change(ann, ` ${email.toUpperCase()}`)).status).toBe(202);
    const token = await tokenTo(email, askedNew);
    await mailTo(ann.email, /^Somebody asked to change/);
    expect(await accountOf(ann)).toMatchObject({ email: ann.email });
    expect((await confirm(token)).status).toBe(204);
    expect(await accountOf(ann)).toMatchObject({ email, email_verified: true });
    await mailTo(ann.email, /^Your e-mail address was changed/);
    const logIn = (username: string) => ask('POST', '/login', { form: { username, password: ann.password } });
    expect(statusesOf([await logIn(ann.email), await logIn(email)])).toEqual([200, 403]);
  });

  it('change to the one that was requested last', async () => {
    const ann = await join(ask);
    const [one, two] = [freshAddress(), freshAddress()];
    await change(ann, one);
    const first = await tokenTo(one, askedNew);
    await change(ann, two);
    expect((await confirm(first)).status).toBe(403);
    expect((await confirm(await tokenTo(two, askedNew))).status).toBe(204);
    expect(await accountOf(ann)).toMatchObject({ email: two });
  });

  it('are sent a new confirmation at the new address during a change', async () => {
    const ann = await join(ask);
    await confirm(await tokenTo(ann.email));
    const email = freshAddress();
    await change(ann, email);
    await tokenTo(email, askedNew);
    expect((await resend(ann)).status).toBe(202);
    await eventually(async () => expect(await mailsTo(email)).toHaveLength(2));
  });

  it('do not change to one that is taken, or was taken meanwhile', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const taken = await change(ann, bob.email);
    expect([taken.status, taken.body.code]).toEqual([409, 'email_taken']);
    const email = freshAddress();
    await change(ann, email);
    const token = await tokenTo(email, askedNew);
    await ask('POST', '/users', { json: { email, password: 'correct horse' } });
    const late = await confirm(token);
    expect([late.status, late.body.code]).toEqual([409, 'email_taken']);
    expect(await accountOf(ann)).toMatchObject({ email: ann.email });
  });

  it('go to the first account that claims them, without a database error that would name the address', async () => {
    const people = await Promise.all([join(ask), join(ask)]);
    const email = freshAddress();
    const tokens: string[] = [];
    for (const person of people) {
      await change(person, email);
      tokens.push(await eventually(async () => newTokenIn(await mailsTo(email), tokens)));
    }
    expect(statusesOf(await Promise.all(tokens.map(confirm)))).toEqual([204, 409]);

    const [ann] = people;
    const other = freshAddress();
    await change(ann, other);
    const token = await tokenTo(other, askedNew);
    let late: Promise<Answer> | undefined;
    const register = `INSERT INTO auth.users (email, password_hash) VALUES ($1, '')`;
    await beforeCommit(register, [other], async () => {
      late = confirm(token);
      await untilLocked('auth', 'users');
    });
    expect((await late)?.body.code).toBe('email_taken');
    expect(await logOfPostgres()).not.toContain('users_email_key');
  });

  it('are not in the log of PostgreSQL, whatever statement fails or waits too long', async () => {
    const [ann, taken, email] = [await join(ask), freshAddress(), freshAddress()];
    const register = (address: string) =>
      ask('POST', '/users', { json: { email: address, password: randomUUID() } });
    expect(statusesOf([await register(taken), await register(taken)])).toEqual([201, 409]);
    await beforeCommit('LOCK TABLE auth.users', [], async () => {
      const form = { username: ann.email, password: ann.password };
      const answers = await Promise.all([
        register(email),
        ask('POST', '/login', { form }),
        change(ann, email),
      ]);
      expect(statusesOf(answers)).toEqual([503, 503, 503]);
    });
    const log = await logOfPostgres();
    expect(log).toContain('canceling statement due to lock timeout');
    for (const address of [ann.email, taken, email]) expect(log).not.toContain(address);
  });

  it('do not change without the password', async () => {
    const ann = await join(ask);
    const refused = await change(ann, freshAddress(), 'not the password');
    expect([refused.status, refused.body.code]).toEqual([403, 'invalid_credentials']);
  });

  it.each([
    'a@example.test\r\nBcc: b@example.test',
    'a@example.test\nSubject: x',
    'a@b.test, c@d.test',
    '<a@b.test>',
  ])('cannot carry headers or more recipients, as %j would', async (email) => {
    const ann = await join(ask);
    for (const answer of [
      await change(ann, email),
      await ask('POST', '/password-resets', { json: { email } }),
      await ask('POST', '/users', { json: { email, password: 'correct horse' } }),
    ])
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([422, 'email']);
  });

  it('leave no token in the log or an event', async () => {
    const ann = await join(ask);
    const token = await tokenTo(ann.email);
    await confirm(token);
    expect(agora.process('auth').log()).not.toContain(token);
    expect(
      await query(`SELECT 1 FROM auth.outbox WHERE envelope::text LIKE '%' || $1 || '%'`, [token]),
    ).toEqual([]);
    expect(await query(`SELECT 1 FROM auth.mails WHERE mails::text LIKE '%' || $1 || '%'`, [token])).toEqual(
      [],
    );
  });
});
