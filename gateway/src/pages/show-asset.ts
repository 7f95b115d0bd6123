import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Handler } from '@agora/http';

/** What the documentation page is made of. */
export const assetPaths = {
  style: '/docs/swagger-ui.css',
  bundle: '/docs/swagger-ui-bundle.js',
  start: '/docs/start.js',
} as const;

/**
 * Starts the page. Locally the links in mails lead here (`MAIL_LINK_BASE`): it shows the token and the request that takes it. Requests go
 * where the page came from, whatever `servers` says; a null `validatorUrl` keeps the document from being sent to somebody else's server;
 * access tokens survive a reload.
 */
const start = `const [, purpose, token] = /^#(confirm-email|reset-password)=([\\w-]+)$/.exec(location.hash) ?? [];
if (token) {
  const taker = purpose === 'confirm-email' ? 'POST /email-confirmations' : 'PUT /password-resets';
  const note = document.getElementById('mail-token');
  note.textContent = 'The token of your mail, for ' + taker + ': ' + token;
  note.hidden = false;
}
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
fetch('/openapi.json')
  .then((response) => response.json())
  .then((document) =>
    SwaggerUIBundle({
      spec: { ...document, servers: [{ url: '/' }] },
      dom_id: '#documentation',
      validatorUrl: null,
      deepLinking: true,
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
    }),
  );
`;

/** There is no client id or secret to ask for. */
const ownStyle = `
.swagger-ui .auth-container :has(> label:is([for='client_id_password'], [for='client_secret_password'], [for='password_type'])) {
  display: none;
}
`;

const require = createRequire(import.meta.url);

const contents = {
  style: async () => (await readFile(require.resolve('swagger-ui-dist/swagger-ui.css'), 'utf8')) + ownStyle,
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
