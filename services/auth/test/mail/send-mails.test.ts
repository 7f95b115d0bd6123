import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  currentStack,
  eventually,
  httpClient,
  join,
  mailsTo,
  mailTo,
  query,
  startAgora,
  type Agora,
  type HttpClient,
} from '@agora/testing';

describe('mails', () => {
  let agora: Agora;
  let ask: HttpClient;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(joinPath(tmpdir(), 'agora-templates-'));
    mkdirSync(joinPath(folder, 'text'));
    writeFileSync(joinPath(folder, 'text', 'new-device.txt'), 'Subject: Hey {{name}}\n\n{{user_agent}}\n');
    // Nobody listens at port 1.
    const environment = {
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_TEMPLATES: folder,
      MAIL_NOTICES: 'new-device',
    };
    agora = await startAgora(['auth'], { environment });
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(async () => {
    await agora.stop();
    rmSync(folder, { recursive: true });
  });

  const waiting = (email: string) =>
    query<{ kind: string; attempts: number; last_error: string | null; failed_at: Date | null }>(
      'SELECT kind, attempts, last_error, failed_at FROM auth.mails WHERE email = $1 ORDER BY created_at',
      [email],
    );
  const metrics = async () =>
    String((await httpClient(agora.process('auth').internalUrl)('GET', '/metrics')).body.content);

  it('wait while the SMTP server is away, without blocking anything else', async () => {
    const ann = await join(ask);
    await eventually(async () =>
      expect(await waiting(ann.email)).toMatchObject([
        {
          kind: 'confirm-email',
          last_error: expect.stringMatching(/ESOCKET|ECONN/),
        },
      ]),
    );
    expect((await ask('GET', '/users/me', { token: ann.token })).status).toBe(200);
    expect(Number(/^mail_oldest_seconds (.*)$/m.exec(await metrics())?.[1])).toBeGreaterThan(0);
  });

  it('fail for good after a day', async () => {
    const ann = await join(ask);
    await query(
      `UPDATE auth.mails SET created_at = now() - interval '25 hours', due_at = now() WHERE email = $1`,
      [ann.email],
    );
    await eventually(async () =>
      expect(await waiting(ann.email)).toMatchObject([{ failed_at: expect.anything() }]),
    );
    await eventually(async () =>
      expect(Number(/^mails_failed (.*)$/m.exec(await metrics())?.[1])).toBeGreaterThan(0),
    );
  });

  it('are deleted with their account', async () => {
    const ann = await join(ask);
    await ask('DELETE', '/users/me', { token: ann.token });
    expect(await waiting(ann.email)).toEqual([]);
  });

  it('include no notices when these are switched off', async () => {
    const ann = await join(ask);
    const json = { current_password: ann.password, new_password: 'battery staple' };
    await ask('PUT', '/users/me/password', { token: ann.token, json });
    expect((await waiting(ann.email)).map(({ kind }) => kind)).toEqual(['confirm-email']);
  });

  it('are sent once by several processes when the server is back, from the operator’s templates', async () => {
    const ann = await join(ask);
    const form = { username: ann.email, password: ann.password };
    await ask('POST', '/login', { form, headers: { 'User-Agent': 'a new <browser>' } });
    await agora.process('auth').end();
    const { smtpPort } = currentStack().mailbox;
    const environment = { SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, MAIL_TEMPLATES: folder };
    const [one, two] = await Promise.all([
      startAgora(['auth'], { environment }),
      startAgora(['auth'], { environment }),
    ]);
    await query('UPDATE auth.mails SET due_at = now() WHERE email = $1', [ann.email]);
    const mail = await mailTo(ann.email, new RegExp(`^Hey user_${ann.id}$`));
    await eventually(async () => expect(await waiting(ann.email)).toEqual([]));
    expect((await mailsTo(ann.email)).map(({ subject }) => subject).toSorted()).toEqual([
      'Confirm your e-mail address',
      `Hey user_${ann.id}`,
    ]);
    expect(mail.text.trim()).toBe('a new <browser>');
    await Promise.all([one.stop(), two.stop()]);
    // Two processes start in it.
  }, 60_000);
});
