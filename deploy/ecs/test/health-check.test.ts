import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { healthCheck } from '../src/constructs/health-check.js';

const onLinux = process.platform === 'linux';

describe('the health check', () => {
  it.each([
    ['is good when all is', 0, { '/readyz': 200, '/healthz': 200 }, { age: 10 }],
    ['is bad while a young task is not ready', 1, { '/readyz': 503, '/healthz': 200 }, { age: 10 }],
    ['lets a task live that is no longer ready', 0, { '/readyz': 503, '/healthz': 200 }, { age: 181 }],
    ['is bad when a task is not alive', 1, { '/readyz': 503, '/healthz': 503 }, { age: 181 }],
  ])('%s', async (_, code, statuses: Record<string, number>, { age }) => {
    const server = createServer((request, response) => {
      response.writeHead(statuses[request.url ?? ''] ?? 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');

    expect(await run((server.address() as AddressInfo).port, age)).toBe(code);
    server.close();
  });

  it('reads when the container started', async () => {
    expect(healthCheck.join(' ')).toContain('/proc/1/stat');
    expect(onLinux ? await run(1, undefined) : 1).toBe(1);
  });
});

/** The exit code of the command when the container has that age in seconds. */
async function run(port: number, age: number | undefined): Promise<number> {
  const [, , flag = '', script = ''] = healthCheck;
  const setUp =
    age === undefined
      ? ''
      : `fs.readFileSync = () => '1 (node) ' + 'S '.repeat(19) + '0'; os.uptime = () => ${age}; `;
  const child = spawn(process.execPath, [flag, setUp + script], { env: { INTERNAL_PORT: String(port) } });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}
