import type { Context, Middleware } from 'koa';
import type { Message, Messages } from './messages.js';

const shown = 100;

/** The page, and `GET /messages?to=<address>` for programs; `/readyz` says that mail is taken in. */
export const showMessages =
  (messages: Messages): Middleware =>
  (ctx) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return;
    if (ctx.path === '/readyz') ctx.body = { status: 'ok' };
    else if (ctx.path === '/messages') ctx.body = messages.list(recipientOf(ctx)).slice(0, shown);
    else if (ctx.path === '/') {
      ctx.type = 'html';
      ctx.body = pageOf(messages.list(recipientOf(ctx)).slice(0, shown));
    }
  };

const recipientOf = ({ URL: url }: Context) => url.searchParams.get('to') ?? undefined;

const pageOf = (messages: Message[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title></head><body>
<h1>Mailbox</h1>
<p>What Agora sent from this machine: nothing has left it. Newest first. For programs: <a href="/messages">/messages?to=&lt;address&gt;</a></p>
<form><label>To <input name="to" type="email"></label> <button>Show</button></form>
${messages.map(articleOf).join('\n') || '<p>No mail yet.</p>'}
</body></html>`;

const articleOf = ({ to, from, subject, text, received_at: receivedAt }: Message): string => `<article><hr>
<h2>${escaped(subject)}</h2>
<p>to ${escaped(to)}, from ${escaped(from)}, ${escaped(receivedAt)}</p>
<pre>${linked(text)}</pre></article>`;

const linked = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) => (index % 2 ? `<a href="${escaped(part)}">${escaped(part)}</a>` : escaped(part)))
    .join('');

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
