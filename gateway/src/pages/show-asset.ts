import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Handler } from '@agora/http';

/** What the documentation page is made of. */
export const assetPaths = {
  style: '/docs/swagger-ui.css',
  bundle: '/docs/swagger-ui-bundle.js',
  start: '/docs/start.js',
} as const;

/** Without `validatorUrl` the page would send the document to somebody else's server to be judged. */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#documentation',
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
});
`;

const require = createRequire(import.meta.url);

const contents = {
  style: () => readFile(require.resolve('swagger-ui-dist/swagger-ui.css')),
  bundle: () => readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js')),
  start: () => start,
};

/** `GET /docs/…`: one of the files that the documentation page is made of. */
export const showAsset =
  (name: keyof typeof assetPaths): Handler =>
  async (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.type = name === 'style' ? 'css' : 'js';
    ctx.body = await contents[name]();
  };
