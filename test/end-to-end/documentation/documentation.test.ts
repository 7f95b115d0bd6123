import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, reachAgora, type Person, type ReachedAgora } from '@agora/testing';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from './find-chromium.js';

let agora: ReachedAgora;
let ann: Person;
let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), 'agora-chromium-'));
  agora = await reachAgora(['auth', 'gateway']);
  ann = await join(httpClient(agora.origin));
  const { executablePath, env } = await findChromium(folder);
  browser = await chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    chromiumSandbox: false,
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await agora?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('lets a reader log in, reload and try an operation out, with nothing from elsewhere', async () => {
  const { origin } = agora;
  const page = await browser.newPage({ colorScheme: 'dark' });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      complaints.push(request.url());
  });

  await page.goto(`${origin}/`);
  expect(page.url()).toBe(`${origin}/docs`);
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  const dialog = page.locator('.auth-container', { hasText: 'OAuth2, password' });
  for (const name of ['client_id', 'client_secret', 'Client credentials location'])
    expect(await dialog.getByLabel(name).isVisible()).toBe(false);
  await dialog.getByLabel('username').fill(ann.email);
  await dialog.getByLabel('password').fill(ann.password);
  await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  await dialog.getByRole('button', { name: 'Remove authorization' }).waitFor();
  await page.reload();
  expect(await page.locator('html').getAttribute('class')).toBe('dark-mode');

  const operation = page.locator('.opblock', { hasText: 'Get my account' });
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response', { hasText: ann.email });
  expect(await answer.locator('.response-col_status').textContent()).toContain('200');
  expect(complaints).toEqual([]);
}, 120_000);
