/** Writes gateway/openapi.json from the descriptions of the endpoints; with `--check` it only reports whether it is stale. Expects a build. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as gateway from '../gateway/dist/document.js';
import { createDocument } from '../tools/openapi/dist/index.js';
import * as auth from '../services/auth/dist/document.js';
import * as posts from '../services/posts/dist/document.js';
import * as votes from '../services/votes/dist/document.js';

const path = new URL('../gateway/openapi.json', import.meta.url);

const document = createDocument({
  publicRoutes: gateway.routes,
  refusalsOf: gateway.refusalsOf,
  endpoints: {
    auth: auth.endpoints,
    posts: posts.endpoints,
    votes: votes.endpoints,
    gateway: gateway.endpoints,
  },
  otherCodes: gateway.otherCodes,
});
const text = `${JSON.stringify(document, undefined, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('gateway/openapi.json is stale: run npm run generate');
  process.exitCode = 1;
}
