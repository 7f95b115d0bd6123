/** The process that holds streams open: no more than a socket each, so that there may be ten thousand. Each message is a StreamsTask, and is answered with its result. */
import { createConnection, type Socket } from 'node:net';
import type { StreamsTask } from './streams.js';

/** So many are opened at a time. */
const atOnce = 100;

interface Held {
  socket: Socket;
  hears(text: string): void;
}

const held: Held[] = [];

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const task = message as StreamsTask;
  const done = task.open ? open(task.open) : task.publish ? publish(task.publish) : close();
  void done.then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});

async function open({ origin, tokens }: NonNullable<StreamsTask['open']>) {
  const left = [...tokens];
  const openNext = async () => {
    for (let token = left.pop(); token !== undefined; token = left.pop())
      held.push(await openOne(origin, token));
  };
  await Promise.all(Array.from({ length: atOnce }, openNext));
  return { streams: held.length };
}

function openOne(origin: string, token: string): Promise<Held> {
  const { hostname, port, host } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<Held>();
  const socket = createConnection({ host: hostname, port: Number(port) });
  let received = '';
  const one: Held = {
    socket,
    hears(text) {
      received += text;
      if (!received.includes('retry:') && received.length < 4_096) return;
      if (!received.startsWith('HTTP/1.1 200')) return reject(new Error(`a stream was answered ${received}`));
      one.hears = () => undefined;
      resolve(one);
    },
  };
  socket.setEncoding('latin1').on('data', (text: string) => one.hears(text));
  socket.once('error', reject).once('close', () => reject(new Error(`a stream ended: ${received}`)));
  socket.write(`GET /feed/stream HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return promise;
}

/** Answers how many milliseconds after the sending of the post each stream received of it. */
async function publish({ origin, token, title }: NonNullable<StreamsTask['publish']>) {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const lags: number[] = [];
  const sentAt = performance.now();
  for (const one of held)
    one.hears = (text) => {
      if (!text.includes(title)) return;
      one.hears = () => undefined;
      lags.push(performance.now() - sentAt);
      if (lags.length === held.length) resolve();
    };
  const response = await fetch(`${origin}/posts`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title, content: 'In early spring. '.repeat(24), published: true }),
  });
  if (response.status !== 201) throw new Error(`the post was answered ${response.status}`);
  await Promise.race([all, new Promise((late) => setTimeout(late, 30_000))]);
  return { lags, missing: held.length - lags.length };
}

async function close() {
  for (const { socket } of held.splice(0)) socket.removeAllListeners('close').destroy();
  return {};
}
