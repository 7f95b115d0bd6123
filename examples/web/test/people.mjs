import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from '../../../test/end-to-end/documentation/find-chromium.ts';

export const password = 'correct horse battery';

/** A browser whose windows know nothing of each other; `complaints` is what their consoles say. */
export async function openBrowser(folder, address, pictures) {
  const { executablePath, env } = await findChromium(folder);
  const browser = await chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    chromiumSandbox: false,
  });
  const complaints = [];
  return {
    complaints,
    async openWindow(options = {}) {
      const page = await (await browser.newContext(options)).newPage();
      page.setDefaultTimeout(30_000);
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // The browser itself logs a refused request to the console.
        const isOurs = !/Failed to load resource|ERR_|net::/.test(message.text());
        if (message.type() === 'error' && isOurs) complaints.push(message.text());
      });
      await page.goto(address);
      return page;
    },
    async picture(page, name) {
      if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
    close: () => browser.close(),
  };
}

export async function register(page, name) {
  await page.getByRole('link', { name: 'Register' }).click();
  await page.getByRole('heading', { name: 'Register', level: 1 }).waitFor();
  await page.getByLabel('E-mail address').fill(`${name}@example.test`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Name (if you like)').fill(name);
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

export async function logIn(page, name) {
  await page.getByRole('heading', { name: 'Log in', level: 1 }).waitFor();
  await page.getByLabel('E-mail address').first().fill(`${name}@example.test`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export async function write(page, title, content) {
  await page.getByRole('link', { name: 'Write' }).click();
  await page.getByRole('heading', { name: 'Write', level: 1 }).waitFor();
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Text').fill(content);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
}

export const toFeed = (page) =>
  page.getByRole('navigation', { name: 'Agora' }).getByRole('link', { name: 'Feed' }).click();

/** The code of an authenticator (RFC 6238). */
export function totp(secret) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** So many posts, past the page. */
export async function publish(agora, name, count) {
  const body = new URLSearchParams({ username: `${name}@example.test`, password });
  const login = await fetch(`${agora}/login`, { method: 'POST', body });
  const { access_token: token } = await login.json();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let number = 1; number <= count; number += 1) {
    const post = JSON.stringify({ title: `Number ${number}`, content: 'One of many.' });
    const answer = await fetch(`${agora}/posts`, { method: 'POST', headers, body: post });
    assert.equal(answer.status, 201);
  }
}
