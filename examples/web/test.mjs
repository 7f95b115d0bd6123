/**
 * Looks at the built page as people do, in two windows of a real Chromium, with an Agora of its own: `node examples/web/test.mjs [folder for
 * pictures]`. Expects a built checkout and `npm ci && npm run build` here.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../../test/end-to-end/documentation/find-chromium.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'agora-web-'));
const pictures = process.argv[2];
if (pictures) mkdirSync(pictures, { recursive: true });
const children = [];

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Runs a program until it says what it is waited for. */
function start(args, env, ready) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk) => {
      text += chunk;
      if (ready.test(text)) resolve(text);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error(`${args[0]} ended:\n${text}`)));
  });
}

async function startAll() {
  const names = ['GATEWAY', 'AUTH', 'POSTS', 'VOTES'].flatMap((name) => [
    `${name}_PORT`,
    `${name}_INTERNAL_PORT`,
  ]);
  const env = { AGORA_DATA: join(folder, 'data'), BCRYPT_COST: '10' };
  for (const name of [...names, 'MAILBOX_PORT', 'MAILBOX_SMTP_PORT']) env[name] = String(await freePort());
  await start(['scripts/run.mjs', 'start'], env, /Ctrl-C/);
  const agora = `http://127.0.0.1:${env.GATEWAY_PORT}`;
  const mailbox = `http://127.0.0.1:${env.MAILBOX_PORT}`;
  const settings = { PORT: String(await freePort()), AGORA_URL: agora, MAILBOX_URL: mailbox };
  const said = await start(['examples/web/serve.mjs'], settings, /http:\S+\n/);
  return { agora, mailbox, page: said.trim(), env };
}

/** The code of an authenticator (RFC 6238). */
function totp(secret) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const logIn = async (page, name) => {
  await page.getByLabel('E-mail address').first().fill(`${name}@example.test`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
};

const grant = ({ env }, who, role) =>
  start(['scripts/run.mjs', 'accounts', 'grant', who, role], env, new RegExp(role));

const step = (text) => process.stdout.write(`  ✓ ${text}\n`);
const password = 'correct horse battery';

async function main() {
  const system = await startAll();
  step(`Agora and the page run: ${system.page}`);
  const { executablePath, env } = await findChromium(folder);
  const browser = await chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    chromiumSandbox: false,
  });
  const complaints = [];
  const openWindow = async (options = {}) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // A refused request is told to the console by the browser itself.
      if (message.type() === 'error' && !/Failed to load resource|ERR_|net::/.test(message.text()))
        complaints.push(message.text());
    });
    await page.goto(system.page);
    return page;
  };
  const picture = async (page, name) =>
    pictures && page.screenshot({ path: join(pictures, `${name}.png`), fullPage: false });

  const register = async (page, name) => {
    await page.getByRole('link', { name: 'Register' }).click();
    await page.getByLabel('E-mail address').fill(`${name}@example.test`);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Name (if you like)').fill(name);
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  };
  const write = async (page, title, content) => {
    await page.getByRole('link', { name: 'Write' }).click();
    await page.getByLabel('Title').fill(title);
    await page.getByLabel('Text').fill(content);
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
  };
  const toFeed = (page) =>
    page.getByRole('navigation', { name: 'Agora' }).getByRole('link', { name: 'Feed' }).click();

  const ann = await openWindow();
  await picture(ann, 'log-in');
  await register(ann, 'ann');
  await ann.getByRole('link', { name: 'Enter the link' }).click();
  const mails = await (await fetch(`${system.mailbox}/messages?to=ann@example.test`)).json();
  await ann.getByLabel('The link that you were mailed').fill(/\S+#confirm-email=\S+/.exec(mails[0].text)[0]);
  await ann.getByRole('button', { name: 'Confirm' }).click();
  await ann.getByText('confirmed', { exact: true }).waitFor();
  step('registers, and confirms the address');

  await ann.getByLabel('Your password').fill(password);
  await ann.getByRole('button', { name: 'Set it up' }).click();
  const secret = await ann.locator('code').innerText();
  await ann.getByLabel('The code that it shows').fill(totp(secret));
  await ann.getByRole('button', { name: 'Turn it on' }).click();
  const [recovery] = (await ann.locator('pre').innerText()).split('\n');
  await picture(ann, 'account');
  await ann.getByRole('button', { name: 'Log out' }).click();
  await logIn(ann, 'ann');
  await ann.getByLabel('Code').fill(recovery);
  await ann.getByRole('button', { name: 'Log in' }).click();
  await ann.getByRole('navigation', { name: 'Agora' }).waitFor();
  step('logs in with a second factor');

  const title = `Roses ${randomUUID().slice(0, 8)}`;
  await write(ann, title, 'Prune them early.\n\nAnd feed them late.');
  const bob = await openWindow({ colorScheme: 'dark' });
  await register(bob, 'bob');
  await toFeed(bob);
  const voteOf = (page) => page.getByRole('button', { name: `Vote for “${title}”` });
  const count = (page, votes) =>
    page
      .getByRole('button', { name: `Vote for “${title}”, ${votes === 1 ? '1 vote' : `${votes} votes`}` })
      .waitFor();
  await voteOf(bob).waitFor();
  await toFeed(ann);
  await count(ann, 0);
  await bob.keyboard.press('Tab');
  await voteOf(bob).focus();
  await bob.keyboard.press('Enter');
  await count(bob, 1);
  await count(ann, 1);
  assert.equal(await voteOf(bob).getAttribute('aria-pressed'), 'true');
  step('a vote in one window is seen in the other');

  await write(bob, 'Tulips in pots', 'A second post.');
  await ann.getByRole('button', { name: '1 new post' }).click();
  await ann.getByRole('link', { name: 'Tulips in pots' }).waitFor();
  step('a new post is announced, and shown when it is asked for');

  const post = ann.getByRole('link', { name: title });
  await post.click();
  await ann.getByRole('link', { name: 'Edit' }).click();
  await ann.getByLabel('Text').fill('The first version.');
  const other = await ann.context().newPage();
  await other.goto(`${system.page}/${new URL(ann.url()).hash}`);
  await other.getByLabel('Text').fill('The second version.');
  await other.getByRole('button', { name: 'Save' }).click();
  await other.getByText('The second version.').waitFor();
  await ann.getByRole('button', { name: 'Save' }).click();
  await ann.getByText('changed elsewhere').waitFor();
  await picture(ann, 'conflict');
  assert.equal(await ann.getByLabel('Text').inputValue(), 'The first version.');
  await ann.getByRole('button', { name: 'Save' }).click();
  await ann.getByText('The first version.').waitFor();
  await other.close();
  step('an edit that somebody else was faster with is not written over unseen');

  // As at a deployment: both are stopped, and started again by whoever watches over them.
  const { processes } = JSON.parse(readFileSync(join(system.env.AGORA_DATA, 'run.json'), 'utf8'));
  await toFeed(ann);
  await voteOf(ann).waitFor();
  for (const name of ['posts', 'gateway']) process.kill(processes[name].pid, 'SIGTERM');
  await bob.getByRole('link', { name: 'Write' }).click();
  await bob.getByLabel('Title').fill('Written during the deployment');
  await bob.getByLabel('Text').fill('And not lost.');
  for (;;) {
    await bob.getByRole('button', { name: 'Publish' }).click();
    await bob.getByRole('button', { name: 'One moment …' }).waitFor({ state: 'detached' });
    if (await bob.getByRole('heading', { name: 'Written during the deployment', level: 1 }).isVisible())
      break;
  }
  await ann.getByRole('button', { name: '1 new post' }).waitFor();
  await toFeed(bob);
  await voteOf(bob).click();
  await count(bob, 0);
  await count(ann, 0);
  await ann.getByRole('button', { name: '1 new post' }).click();
  assert.equal(await ann.getByRole('link', { name: 'Written during the deployment' }).count(), 1);
  step('a restart of posts and gateway in between loses nothing, and the live feed goes on');

  for (let number = 1; number <= 25; number += 1) await publish(system.agora, 'bob', number);
  await ann.getByRole('link', { name: 'Top' }).click();
  await ann.getByRole('link', { name: 'Hot' }).click();
  await ann.getByRole('link', { name: 'New', exact: true }).click();
  await ann.getByRole('link', { name: 'Number 25', exact: true }).waitFor();
  await picture(ann, 'feed');
  await picture(bob, 'feed-dark');
  for (let tries = 0; (await ann.locator('.card').count()) < 28; tries += 1) {
    assert.ok(tries < 200);
    await ann.mouse.wheel(0, 2_000);
    await ann.waitForTimeout(50);
  }
  await ann.getByText('That is all.').waitFor();
  assert.equal(new Set(await ann.locator('.card h2').allInnerTexts()).size, 28);
  step('three sorts, and pages without an end that show each post once');

  await bob.goto(`${system.page}/#/account`);
  await bob.getByText('this one').waitFor();
  await picture(bob, 'sessions-dark');
  const narrow = await openWindow({ viewport: { width: 390, height: 800 } });
  await logIn(narrow, 'bob');
  await narrow.locator('.card').first().waitFor();
  await picture(narrow, 'feed-narrow');
  await bob.reload();
  const sessions = bob.getByRole('button', { name: 'End', exact: true });
  await sessions.first().waitFor();
  while ((await sessions.count()) > 0) {
    const before = await sessions.count();
    await sessions.first().click();
    await bob.waitForFunction((most) => [...document.querySelectorAll('td button')].length < most, before);
  }
  await narrow.getByRole('link', { name: 'Your posts' }).click();
  await narrow.getByRole('heading', { name: 'Log in' }).waitFor();
  step('a session that is ended elsewhere ends here');

  await ann.getByRole('link', { name: 'Tulips in pots' }).click();
  await ann.getByText('Report this post').click();
  await ann.getByLabel('What is wrong with it?').fill('These are no roses.');
  await ann.getByRole('button', { name: 'Report' }).click();
  await ann.getByText('Moderators will look at it').waitFor();
  await grant(system, 'bob@example.test', 'moderator');
  await logIn(narrow, 'bob');
  await narrow.getByRole('link', { name: 'Moderation' }).click();
  await narrow.getByText('These are no roses.').waitFor();
  await narrow.getByRole('link', { name: /^Post \d+$/ }).click();
  await narrow.getByText('Moderate', { exact: true }).click();
  await narrow.getByLabel('Reason, which its author is told').fill('No roses, indeed.');
  await narrow.getByRole('button', { name: 'Remove it' }).click();
  await narrow.getByText('Removed: No roses, indeed.').waitFor();
  await narrow.getByRole('link', { name: 'Moderation' }).click();
  await narrow.getByText('post-removed').waitFor();
  await picture(narrow, 'moderation-narrow');
  await toFeed(ann);
  await ann.getByRole('searchbox').fill('tulips');
  await ann.keyboard.press('Enter');
  await ann.getByText('Nothing here yet.').waitFor();
  step('what is reported, a moderator removes, and nobody sees it any more');
  assert.deepEqual(complaints, []);
  await browser.close();
}

/** Past the page, for numbers. */
const tokens = new Map();
async function publish(agora, name, number) {
  if (!tokens.has(name)) {
    const body = new URLSearchParams({ username: `${name}@example.test`, password });
    tokens.set(name, (await (await fetch(`${agora}/login`, { method: 'POST', body })).json()).access_token);
  }
  const headers = { authorization: `Bearer ${tokens.get(name)}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ title: `Number ${number}`, content: 'One of many.' });
  const answer = await fetch(`${agora}/posts`, { method: 'POST', headers, body });
  assert.equal(answer.status, 201);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const child of children.toReversed()) {
    child.kill('SIGTERM');
    await new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(),
    );
  }
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
