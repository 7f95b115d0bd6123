/** Reads the live feed as a library does: the post that is published, and nothing that is no event. Usage: readers.mjs fetch-event-source|eventsource */
import { randomUUID } from 'node:crypto';

const url = process.env.AGORA_URL;
const email = `${randomUUID()}@example.test`;
const password = 'a long enough password';
const send = async (path, body, headers = {}) => {
  const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
};
const json = (value, headers) => [JSON.stringify(value), { 'content-type': 'application/json', ...headers }];

await send('/users', ...json({ email, password }));
const { access_token: token } = await send('/login', new URLSearchParams({ username: email, password }));
const authorization = { authorization: `Bearer ${token}` };
const title = randomUUID();
const publish = () => send('/posts', ...json({ title, content: 'Seen live.' }, authorization));
const isOurs = (data) => JSON.parse(data).title === title;
setTimeout(() => {
  console.error('the post was not seen in 30 s');
  process.exit(1);
}, 30_000).unref();

if (process.argv[2] === 'eventsource') {
  const { EventSource } = await import('eventsource');
  const { ticket } = await send('/feed/stream/tickets', undefined, authorization);
  const source = new EventSource(`${url}/feed/stream?ticket=${ticket}`);
  await new Promise((resolve, reject) => {
    source.addEventListener('open', () => publish().catch(reject));
    source.addEventListener('post-published', ({ data }) => isOurs(data) && resolve());
    source.addEventListener('message', reject);
  });
  source.close();
} else {
  // It is made for browsers.
  globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
  globalThis.window = globalThis;
  const { fetchEventSource } = await import('@microsoft/fetch-event-source');
  const ending = new AbortController();
  await fetchEventSource(`${url}/feed/stream`, {
    headers: authorization,
    signal: ending.signal,
    async onopen(response) {
      if (!response.ok) throw new Error(`the stream was answered ${response.status}`);
      void publish();
    },
    onmessage({ event, data }) {
      if (event === 'post-published' && isOurs(data)) ending.abort();
      else if (event === '') throw new Error('an empty event');
    },
    onerror(error) {
      throw error;
    },
  });
}
process.exit(0);
