import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const tellWhatIsLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });
`)}`;

it('loads nothing that only a service needs: it would weigh some 20 MB in each process', () => {
  const args = ['--import', tellWhatIsLoaded, fileURLToPath(new URL('../dist/main.js', import.meta.url))];
  // Without settings it ends as soon as everything is loaded.
  const { status, stderr } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' });
  const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
  expect(status).toBe(1);
  expect(loaded.filter((url) => url.includes('/http-proxy-middleware/'))).not.toEqual([]);
  expect(loaded.filter((url) => /\/koa-body\/|\/sequelize\/lib\/(?!query-types)/.test(url))).toEqual([]);
});
