import { readFileSync } from 'node:fs';
import { eventually } from '@agora/testing';

/** A command of the README's tour, and the answer that it shows; of a stream, what came of it. */
interface Step {
  command: string;
  answer: string;
}

type Json = Record<string, unknown>;

const readme = new URL('../../../README.md', import.meta.url);

/** The steps of the tour in the README: each `$ curl …` and what follows it. */
function stepsOfTour(): Step[] {
  const [, tour = ''] = /^## A five-minute tour$([\s\S]*?)^## /m.exec(readFileSync(readme, 'utf8')) ?? [];
  const blocks = [...tour.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .replaceAll(/ \\\n\s*/g, ' ')
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command = '', ...answer] = step.trim().split('\n');
        return { command, answer: answer.join('\n') };
      }),
  );
}

/** Takes the tour with another address and compares each command's answer with the README's. After the vote it waits for the live feed's event. */
export async function takeTour(origin: string, email: string) {
  const answers: { command: string; answered: unknown; shown: unknown }[] = [];
  let [token, post, told] = ['', '', ''];
  const listen = async (stream: ReadableStream<Uint8Array> | null) => {
    for await (const text of stream?.pipeThrough(new TextDecoderStream()) ?? []) told += text;
  };
  for (const { command, answer } of stepsOfTour()) {
    const own = command
      .replaceAll('ada@example.test', email)
      .replaceAll('$TOKEN', token)
      .replace('"post_id":1', `"post_id":${post}`);
    const response = await runCurl(own, origin);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      listen(response.body).catch(() => undefined);
      continue;
    }
    const body = (await response.json()) as Json & { access_token?: string };
    answers.push({ command, answered: formOf(body), shown: formOf(JSON.parse(answer)) });
    token = body.access_token ?? token;
    if ('title' in body) post = String(body.id);
    if (command.includes('/vote'))
      await eventually(() => {
        if (!told.includes(`data: {"id":${post},"votes":1}`)) throw new Error(`the live feed told:\n${told}`);
      });
  }
  return answers;
}

/** Sends what a command of the tour would have curl send. */
function runCurl(command: string, origin: string): Promise<Response> {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  const after = (option: string) =>
    words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ''] : []));
  const url = words.find((word) => word.startsWith('http://127.0.0.1:8000')) ?? '';
  const form = after('--data-urlencode').map((each) => each.split('=', 2) as [string, string]);
  const body = after('-d')[0] ?? (form.length > 0 ? new URLSearchParams(form) : undefined);
  return fetch(url.replace('http://127.0.0.1:8000', origin), {
    method: body === undefined ? 'GET' : 'POST',
    headers: after('-H').map((each) => each.split(': ', 2) as [string, string]),
    ...(body !== undefined && { body }),
  });
}

/** What differs from one Agora to another. */
const ownOfEach = /^(id|post_id|user_id|owner_id|name|version|.*_at|.*_token|email)$/;

/** An answer without what differs from one Agora to another: of that, only what sort of value it is. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Json).map(([key, part]) => [
      key,
      ownOfEach.test(key) && part !== null && typeof part !== 'object' ? typeof part : formOf(part),
    ]),
  );
}
