import { get } from 'node:http';
import type { Bench } from '../../bench.js';
import { readBy } from '../../requests.js';
import { takeRounds, type Contestant } from '../../rounds.js';
import { cpuOf, medianOf, ratio } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

const path = '/feed?limit=100';

/** What it costs the gateway to compress a page of a hundred posts, and how many bytes that saves. */
export const compression: Measure = {
  name: 'compression',
  about: `CPU of the gateway per GET ${path} with Accept-Encoding: gzip, against one without, and the bytes of both`,
  async take(bench) {
    const gateway = required(bench, 'gateway');
    const contestant = (name: string, accepted: Record<string, string>): Contestant => ({
      name,
      question: () => ({
        origin: gateway.origin,
        requests: readBy(bench, path).map((requests) =>
          requests.map((request) => ({ ...request, headers: { ...request.headers, ...accepted } })),
        ),
      }),
      parts: { gateway: gateway.pids },
    });
    const rounds = await takeRounds(bench, [
      contestant('compressed', { 'Accept-Encoding': 'gzip' }),
      contestant('as it is', {}),
    ]);
    const cpu = cpuOf('gateway');
    const [compressed, plain] = [
      await bytesOf(bench, gateway.origin, 'gzip'),
      await bytesOf(bench, gateway.origin),
    ];
    return {
      rounds,
      figures: [
        { name: 'gateway, compressed', value: medianOf(rounds, 'compressed', cpu), unit: 'µs' },
        { name: 'gateway, as it is', value: medianOf(rounds, 'as it is', cpu), unit: 'µs' },
        ratio('CPU of the gateway, compressed to as it is', rounds, ['compressed', 'as it is'], cpu),
        { name: 'bytes, compressed to as it is', value: compressed / plain, unit: '×', target: atMost(0.5) },
      ],
      notes: [`GET ${path} has ${plain} bytes as it is, and ${compressed} compressed`],
    };
  },
};

/** How many bytes come over the wire. */
async function bytesOf(bench: Bench, origin: string, encoding = 'identity'): Promise<number> {
  const [[{ headers = {} } = {}] = []] = readBy(bench, path);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const asked = get(
    new URL(path, origin),
    { headers: { ...headers, 'Accept-Encoding': encoding } },
    (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
      answer.once('end', () => resolve(bytes)).once('error', reject);
    },
  );
  asked.once('error', reject);
  return promise;
}
