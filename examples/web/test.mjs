/**
 * Looks at the built page as people do, in windows of a real Chromium, with an Agora of its own: `npm run test-web [-- folder for pictures]` at
 * the top of the checkout.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logIn, openBrowser, password, publish, register, toFeed, totp, write } from './test/people.mjs';
import { buildPage, startSystem, stopSystem } from './test/system.mjs';

const [, , pictures] = process.argv;
if (pictures) mkdirSync(pictures, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'agora-web-'));
const step = (text) => process.stdout.write(`  ✓ ${text}\n`);

async function walk() {
  buildPage();
  const system = await startSystem(folder);
  step(`Agora and the page run: ${system.page}`);
  const { openWindow, picture, complaints, close } = await openBrowser(folder, system.page, pictures);

  const ann = await openWindow();
  await picture(ann, 'log-in');
  await register(ann, 'ann');
  await ann.getByRole('link', { name: 'Enter the link' }).click();
  await ann
    .getByLabel('The link that you were mailed')
    .fill(/\S+#confirm-email=\S+/.exec(await system.mailTo('ann@example.test'))[0]);
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

  const title = 'Roses in May';
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

  await toFeed(ann);
  await voteOf(ann).waitFor();
  system.restart('posts', 'gateway');
  await bob.getByRole('link', { name: 'Write' }).click();
  await bob.getByRole('heading', { name: 'Write', level: 1 }).waitFor();
  await bob.getByLabel('Title').fill('Written during the deployment');
  await bob.getByLabel('Text').fill('And not lost.');
  const published = bob.getByRole('heading', { name: 'Written during the deployment', level: 1 });
  while (!(await published.isVisible())) {
    await bob.getByRole('button', { name: 'Publish' }).click();
    await published.or(bob.getByRole('alert')).first().waitFor();
  }
  // It is announced, or in the list already where the list had to be read again.
  const news = ann.getByRole('button', { name: '1 new post' });
  const written = ann.getByRole('link', { name: 'Written during the deployment' });
  await news.or(written).first().waitFor();
  await toFeed(bob);
  await bob.getByRole('button', { name: `Vote for “${title}”`, pressed: true }).click();
  await count(bob, 0);
  await count(ann, 0);
  if (await news.isVisible()) await news.click();
  await written.waitFor();
  assert.equal(await written.count(), 1);
  step('a restart of posts and gateway in between loses nothing, and the live feed goes on');

  await publish(system.agora, 'bob', 25);
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
  // Its live feed ends, and with it the page hears that the session has.
  await narrow.getByRole('heading', { name: 'Log in' }).waitFor();
  step('a session that is ended elsewhere ends here');

  await ann.getByRole('link', { name: 'Tulips in pots' }).click();
  await ann.getByText('Report this post').click();
  await ann.getByLabel('What is wrong with it?').fill('These are no roses.');
  await ann.getByRole('button', { name: 'Report' }).click();
  await ann.getByText('Moderators will look at it').waitFor();
  await system.grant('bob@example.test', 'moderator');
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
  await close();
}

try {
  await walk();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stopSystem();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
