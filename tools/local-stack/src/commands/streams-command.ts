/** `npm run streams -- status|consumers [--json]`: what the streams of the stack in this folder hold, and how far each service has read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, layoutOf } from '../stack/checkout.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { readRunRecord } from '../processes/run-record.js';
import { keptSecrets } from '../stack/secrets.js';
import { StackError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';

/** Where NATS is and who may ask: as the environment says, or as the stack in this folder was started. */
function natsEnvironment(): Record<string, string> {
  const { NATS_URL, NATS_USER, NATS_PASSWORD } = process.env;
  if (NATS_URL) return { NATS_URL, ...(NATS_USER && { NATS_USER }), ...(NATS_PASSWORD && { NATS_PASSWORD }) };
  const layout = layoutOf(checkout);
  const configFile = readRunRecord(layout)?.processes.NATS?.argument;
  if (!configFile)
    throw new StackError('Agora does not run in this folder: "npm start" first, or say NATS_URL.');
  const [, address] = /^listen: "([^"]+)"/m.exec(readFileSync(configFile, 'utf8')) ?? [];
  const { streams } = keptSecrets(layout).nats;
  return { NATS_URL: `nats://${address}`, NATS_USER: 'streams', NATS_PASSWORD: streams };
}

const { signal } = stopRequests();

async function main(args: string[]): Promise<number> {
  const env = { PATH: process.env.PATH, ...natsEnvironment() };
  return runCommand([join(checkout, 'deploy/docker/show-streams.mjs'), ...args], env, signal);
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
