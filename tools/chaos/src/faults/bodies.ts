import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';

/** A body that never becomes a post, how it is sent, and the statuses that may answer it; 0 is a closed connection. */
interface BadBody {
  what: string;
  send(socket: Socket, head: Head, title: string): Promise<void> | void;
  answers: readonly number[];
}

/** Writes the head of a request with a body of that many bytes. */
type Head = (length: number, type?: string) => string;

const bodyOf = (title: string) => JSON.stringify({ title, content: 'Never to be seen.' });

/** 503 is always right: something else may be broken at the time. */
const badBodies: readonly BadBody[] = [
  {
    what: 'malformed',
    send: (socket, head, title) => void socket.write(head(30) + bodyOf(title).slice(0, 30)),
    answers: [400, 503],
  },
  {
    what: 'of another type',
    send: (socket, head, title) =>
      void socket.write(head(bodyOf(title).length, 'text/plain') + bodyOf(title)),
    answers: [415, 503],
  },
  {
    what: 'too large',
    send: (socket, head, title) => void socket.write(head(2_000_000) + bodyOf(title) + 'x'.repeat(100_000)),
    answers: [413, 503, 0],
  },
  {
    what: 'cut off',
    async send(socket, head, title) {
      socket.write(head(bodyOf(title).length) + bodyOf(title).slice(0, -1));
      await sleep(200);
      socket.resetAndDestroy();
    },
    answers: [0],
  },
  {
    what: 'slow',
    async send(socket, head, title) {
      const body = bodyOf(title);
      socket.write(head(body.length + 1_000));
      for (const letter of body) {
        if (socket.destroyed) return;
        socket.write(letter);
        await sleep(50);
      }
      socket.destroy();
    },
    answers: [408, 503, 0],
  },
];

const badBodiesFault: Fault = {
  kind: 'bad bodies',
  touches: 'data',
  async run(scene) {
    const { token, id } = await newAuthor(scene);
    await Promise.all(badBodies.map((body) => sendBadly(body, token, `${body.what} of ${id}`, scene)));
    return badBodies.map(({ what }) => what).join(', ');
  },
};

/** The title is unknown to the world: if it were stored, the checks would find a post without an author's request. */
async function sendBadly(
  { what, send, answers }: BadBody,
  token: string,
  title: string,
  { system, findings }: Scene,
): Promise<void> {
  const { port, host } = new URL(system.origin);
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  const answered = new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });
  await send(
    socket,
    (length, type = 'application/json') =>
      [
        'POST /posts HTTP/1.1',
        `Host: ${host}`,
        `Authorization: Bearer ${token}`,
        `Content-Type: ${type}`,
        `Content-Length: ${length}`,
        '\r\n',
      ].join('\r\n'),
    title,
  );
  const hang = setTimeout(() => {
    findings.broken('I11', `a body that was ${what} was not answered within 10 s`);
    socket.destroy();
  }, 10_000);
  await answered;
  clearTimeout(hang);
  socket.destroy();
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
  if (!answers.includes(status)) findings.broken('I11', `a body that was ${what} was answered ${status}`);
}

export const bodyFaults: readonly Fault[] = [badBodiesFault];
