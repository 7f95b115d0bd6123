import { createHash } from 'node:crypto';
import type { Handler } from '@agora/chassis';
import type { Route } from '../routes.js';

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #d5dce3; }
code { font-size: .95em; }
@media (prefers-color-scheme: dark) { body { color: #dbe3ea; background: #12181f; } th, td { border-color: #33404d; } }
`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /docs`: a page made of the route table. */
export function showDocumentation(routes: readonly Route[]): Handler {
  const page = render(routes);
  return (ctx) => {
    ctx.set('Content-Security-Policy', contentSecurityPolicy);
    ctx.type = 'html';
    ctx.body = page;
  };
}

const readers = { json: 'JSON', form: 'a form' };

// All of it comes from the route table, which has no character that HTML would take for its own.
const row = ({ method, path, access, reads }: Route): string => `
<tr><td><code>${method}</code></td><td><code>${path.replace(/:(\w+)/g, '{$1}')}</code></td>
<td>${access === 'user' ? 'a user, by access token' : 'anyone'}</td>
<td>${reads.map((kind) => readers[kind]).join(' or ') || '–'}</td></tr>`;

const render = (routes: readonly Route[]): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Agora</title>
<style>${style}</style></head>
<body>
<h1>Agora</h1>
<p>To log in, send the form <code>username=…&amp;password=…</code> to <code>POST /login</code>, then its
<code>access_token</code> with every request as <code>Authorization: Bearer …</code></p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>Who may call it</th><th>Reads</th></tr></thead>
<tbody>${routes.map(row).join('')}</tbody>
</table>
<p>Errors are <code>application/problem+json</code>: <code>detail</code> is for people, <code>code</code> for programs.</p>
</body>
</html>
`;
