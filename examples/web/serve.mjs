/** Serves the built page at PORT, for the Agora at AGORA_URL; says the address when it is ready. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const {
  PORT = '8090',
  AGORA_URL = 'http://127.0.0.1:8000',
  MAILBOX_URL = 'http://127.0.0.1:8025',
} = process.env;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  `connect-src 'self' ${new URL(AGORA_URL).origin}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const setHeaders = (response) => {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // Links in mails end in a token.
  response.setHeader('Referrer-Policy', 'no-referrer');
};
const files = sirv(fileURLToPath(new URL('dist', import.meta.url)), { etag: true, setHeaders });

createServer((request, response) => {
  if (request.url !== '/config.json')
    return files(request, response, () => response.writeHead(404).end('Not found'));
  setHeaders(response);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ agora: AGORA_URL, mailbox: MAILBOX_URL }));
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`http://localhost:${PORT}\n`));
