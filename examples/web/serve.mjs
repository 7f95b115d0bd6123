/** `node serve.mjs [Agora's address] [port]`, or AGORA_URL and PORT: serves the built page, and says its address when it is ready. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const { AGORA_URL, PORT, MAILBOX_URL = 'http://127.0.0.1:8025' } = process.env;
const [, , agora = AGORA_URL ?? 'http://127.0.0.1:8000', port = PORT ?? '8090'] = process.argv;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  `connect-src 'self' ${new URL(agora).origin}`,
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
  response.end(JSON.stringify({ agora, mailbox: MAILBOX_URL }));
}).listen(Number(port), '127.0.0.1', () => process.stdout.write(`http://localhost:${port}\n`));
