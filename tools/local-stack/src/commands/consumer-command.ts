/** `npm run new-consumer -- NAME --reads votes.vote-cast.v1,posts`: lets a team outside read events of the stack in this folder, and says what a deployment needs for the same. */
import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { outsideConsumersOf, type OutsideConsumer } from '@agora/messaging/outside-consumers';
import { checkout, layoutOf, makeDataFolder } from '../stack/checkout.js';
import { makeStreams } from '../nats/make-streams.js';
import { restartNats } from '../nats/nats.js';
import { creationOf } from '../nats/nats-permissions.js';
import {
  apiPrefix,
  exportsTo,
  importsOf,
  partitionsOf,
  keepConsumers,
  keptConsumers,
  settingOf,
} from '../nats/outside-consumers.js';
import { reportFailure } from './report-failure.js';
import { readRunRecord } from '../processes/run-record.js';
import { keptSecrets } from '../stack/secrets.js';
import { StackError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { processes } from '../stack/topology.js';

const usage = `Usage: npm run new-consumer -- NAME [--reads posts,votes.vote-cast.v1,…]
  NAME      of the team or program that reads: lower case letters and digits
  --reads   streams (auth, posts, votes) or single events (docs/events.md); posts,votes when left out`;

const layout = layoutOf(checkout);
const { signal } = stopRequests();
const say = (line = '') => process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (!asked) {
    process.stderr.write(`${usage}\n`);
    return args.includes('--help') ? 0 : 2;
  }
  const { name, reads } = asked;
  const consumers = reads.flatMap((source) => outsideConsumersOf(name, source, partitionsOf(process.env)));
  makeDataFolder(layout);
  const readers = keptConsumers(layout);
  const { password } = (readers[name] ??= { password: randomBytes(24).toString('base64url'), reads });
  readers[name] = { password, reads };
  const url = await letIn(readers);
  say(
    `${name} may read ${reads.join(' and ')} of the Agora in this folder${url ? '' : ', from its next start on'}:\n`,
  );
  say(`  url       ${url ?? 'nats://… (npm start says it)'}`);
  say(`  user      ${name}`);
  say(`  password  ${password}`);
  for (const { stream, durable } of consumers)
    say(`  consumer  ${durable} of the stream ${stream}, API prefix "${apiPrefix}"`);
  say(`\nHow to read with it: docs/events.md\n\n${deploymentOf(name, reads, consumers)}`);
  return 0;
}

function readArguments(args: string[]): { name: string; reads: string[] } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { reads: { type: 'string', default: 'posts,votes' } },
    });
    const [name = '', ...rest] = positionals;
    const isTaken = [...processes, 'streams', 'agora'].includes(name);
    if (rest.length > 0 || isTaken || !/^[a-z][a-z0-9]{0,30}$/.test(name)) return undefined;
    const reads = values.reads.split(',');
    const known = new Set(['auth', 'posts', 'votes', ...eventTypes()]);
    const unknown = reads.find((source) => !known.has(source));
    if (unknown !== undefined)
      throw new StackError(`"${unknown}" is neither a stream nor an event: docs/events.md lists them.`);
    return { name, reads };
  } catch (error) {
    if (error instanceof StackError) throw error;
    return undefined;
  }
}

/** As the document says that is made of the contracts. */
function eventTypes(): string[] {
  const document = JSON.parse(readFileSync(join(checkout, 'gateway/asyncapi.json'), 'utf8')) as {
    channels: object;
  };
  return Object.keys(document.channels);
}

/** Has the running stack let them in, and resolves to its address; undefined when none runs here. */
async function letIn(readers: ReturnType<typeof keptConsumers>): Promise<string | undefined> {
  const secrets = keptSecrets(layout);
  const configFile = readRunRecord(layout)?.processes.NATS?.argument;
  if (!configFile) {
    keepConsumers(layout, readers);
    return undefined;
  }
  const [, address] = /^listen: "([^"]+)"/m.exec(readFileSync(configFile, 'utf8')) ?? [];
  const url = `nats://${address}`;
  keepConsumers(layout, readers);
  // The server could read its configuration again; version 2.9 then leaves out what new accounts import.
  await restartNats(realpathSync(layout.nats));
  const streams = { user: 'streams', password: secrets.nats.streams };
  await makeStreams(layout.root, { nats: { url, users: { streams } } }, signal, settingOf(readers));
  return url;
}

/** What has to be added where Agora is deployed. */
function deploymentOf(name: string, reads: string[], consumers: OutsideConsumer[]): string {
  const line = (entry: object) => `    ${JSON.stringify(entry)}`;
  const variable = `${name.toUpperCase()}_PASSWORD`;
  return `Where Agora is deployed, the same takes these lines:

  deploy/docker/secret-files.mjs, in outsideConsumers (Compose and Kubernetes make the password, and keep its hash for NATS):
    '${name}'

  deploy/docker/authorization.conf, in the list that the user streams may publish:
${consumers.map((consumer) => `    "${creationOf(consumer)}"`).join('\n')}

  the same file, in the exports of AGORA:
${exportsTo(name, consumers).map(line).join('\n')}

  the same file, beside AGORA:
    ${name}: {
      users: [{ user: ${name}, password: $${variable} }]
      imports: [
${consumers
  .flatMap(importsOf)
  .map((entry) => `    ${line(entry)}`)
  .join('\n')}
      ]
    }

  the environment of the job streams (docker-compose.yml, deploy/k8s/base/streams.yaml, deploy/ecs/src/stacks/nats-streams-stack.ts):
    OUTSIDE_CONSUMERS="${settingOf({ [name]: { reads } })}"

  on ECS, in natsUsers of deploy/ecs/src/stacks/nats-stack.ts:
    '${name}'

  and a way to port 4222 of NATS: a network in docker-compose.yml, a NetworkPolicy, a security group.
Then restart NATS and run the job streams.`;
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
