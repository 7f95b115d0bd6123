import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { currentStack, mailsTo } from '@agora/testing';
import nodemailer from 'nodemailer';

const { port, smtpPort } = currentStack().mailbox;
const send = (mail: object) =>
  nodemailer
    .createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true })
    .sendMail({ from: 'Agora <a@example.test>', ...mail });

it('shows the mails of an address, newest first, whatever the case of its letters', async () => {
  const to = `${randomUUID()}@example.test`;
  await send({ to, subject: 'Größe', text: 'first' });
  await send({ to: [to.toUpperCase(), 'other@example.test'], subject: 'two', text: 'http://x.test/#a=b' });
  const mails = await mailsTo(` ${to.toUpperCase()}`);
  expect(mails.map(({ subject, text }) => [subject, text.trim()])).toEqual([
    ['two', 'http://x.test/#a=b'],
    ['Größe', 'first'],
  ]);
  expect(mails[1]).toMatchObject({
    to,
    from: 'a@example.test',
    received_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

it('has a page with links, which shows markup as text', async () => {
  const to = `${randomUUID()}@example.test`;
  await send({ to, subject: '<script>alert(1)</script>', text: 'see http://x.test/#a=b' });
  const page = await (await fetch(`http://127.0.0.1:${port}/?to=${to}`)).text();
  expect(page).toContain('<a href="http://x.test/#a=b">');
  expect(page).not.toContain('<script>');
});

it('refuses a mail that is too large', async () => {
  const sending = send({ to: 'big@example.test', subject: 'big', text: 'x'.repeat(300_000) });
  await expect(sending).rejects.toMatchObject({ responseCode: 552 });
  expect(await mailsTo('big@example.test')).toEqual([]);
});
