import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const tellWhatIsLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });
  process.on('exit', () => process.stderr.write('has undici: ' + process.moduleLoadList.includes('NativeModule internal/deps/undici/undici')));
`)}`;

it('loads nothing at its start that only a service or a stream needs, which saves some 40 MB', () => {
  const args = ['--import', tellWhatIsLoaded, fileURLToPath(new URL('../dist/main.js', import.meta.url))];
  // Without settings it ends as soon as everything is loaded.
  const { status, stderr } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' });
  const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
  expect(status).toBe(1);
  expect(loaded.filter((url) => url.includes('/koa/'))).not.toEqual([]);
  const unwanted =
    /\/koa-body\/|\/sequelize\/lib\/(?!query-types)|\/http-proxy-middleware\/|\/undici\/index.js/;
  expect(loaded.filter((url) => unwanted.test(url))).toEqual([]);
  // An `import` of `node:http`, in whatever library, would load it (packages/http/src/node-http.ts).
  expect(stderr).toContain('has undici: false');
});
