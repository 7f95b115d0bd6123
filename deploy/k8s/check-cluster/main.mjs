#!/usr/bin/env node
/** `scripts/check-cluster.sh --help` says what it does. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { WrongUsage } from '../release/failure.mjs';
import { checksOf, names } from './checks.mjs';
import { targets } from './overlay.mjs';
import { createPlace, run } from './place.mjs';
import { removeNamespaces } from './namespaces.mjs';
import { createTable } from './table.mjs';

const usage = `Usage: scripts/check-cluster.sh --context <name> [options]

Installs Agora twice, one after the other, in the namespaces agora-check-…: as overlays/local has it, then as overlays/production, with PostgreSQL inside
and without the objects of operators. Releases, breaks, drains, rolls and scales it while requests come in, and prints a table. It drains a node, so the
cluster must be one that nobody needs, with enforced NetworkPolicies; the production shape wants three nodes and metrics-server.

  --context <name>          of the kubeconfig; it is asked whether that may be broken, unless --yes says so
  --yes
  --only <name>             only these checks, and what they need; as often as there are names
  --shape <name>            local or production alone
  --quick                   overlays/local alone, without the end-to-end tests
  --image <name>=<image>    of ${targets.join(', ')}, by tag or digest (default: agora-<name>:development)
  --load <command>          is run first, with all images as further words: 'kind load docker-image'
  --address <origin>        where the gateway's Service is forwarded to, such as http://127.0.0.1:8000 (default: a pod that forwards to the Service, and kubectl port-forward)
  --rate <number>           requests each second while something is done (default: 20)
  --high-rate <number>      the same, where the autoscaler is to add a pod (default: 150)
  --keep                    leave the namespaces, and begin with them if they are there
  --timeout <minutes>       give up after them (default: 60)
  --help

KUBECTL says where kubectl is. Ends with code 0 when all is as it must be, else with 1. Checks: ${names.join(', ')}.`;

const options = {
  context: { type: 'string' },
  yes: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
  shape: { type: 'string', multiple: true },
  quick: { type: 'boolean', default: false },
  image: { type: 'string', multiple: true, default: [] },
  load: { type: 'string' },
  address: { type: 'string' },
  rate: { type: 'string', default: '20' },
  'high-rate': { type: 'string', default: '150' },
  keep: { type: 'boolean', default: false },
  timeout: { type: 'string', default: '60' },
  help: { type: 'boolean', default: false },
};

const print = (line) => process.stdout.write(`${line}\n`);
// oxlint-disable-next-line node/no-process-env
const command = process.env.KUBECTL || 'kubectl';

process.exitCode = await main().catch((error) => {
  const isUsage = error instanceof WrongUsage || error.code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${error.message}\n${isUsage ? `\n${usage}\n` : ''}`);
  return isUsage ? 2 : 1;
});

async function main() {
  const { values } = parseArgs({ options });
  if (values.help) {
    print(usage);
    return 0;
  }
  const unknown = values.only.find((name) => !names.includes(name));
  if (unknown) throw new WrongUsage(`there is no check ${unknown}`);
  const images = imagesOf(values.image);
  await askWhetherDisposable(values);

  if (values.load) await load(String(values.load), Object.values(images));
  return check(values, images);
}

async function check(values, images) {
  const { context, address, keep } = values;
  const folder = mkdtempSync(join(tmpdir(), 'agora-check-'));
  const deadline = Date.now() + Number(values.timeout) * 60_000;
  const table = createTable(print);
  const shared = {
    command,
    context,

    images,
    folder,
    address,
    rate: Number(values.rate),
    highRate: Number(values['high-rate']),
  };
  let place;
  const cleanUp = async () => {
    place?.close();
    if (place && !keep) await removeNamespaces(place);
  };
  process.on('SIGINT', () => void cleanUp().finally(() => process.exit(130)));
  process.on('SIGTERM', () => void cleanUp().finally(() => process.exit(143)));

  print(`logs are in ${folder}`);
  for (const { shape, checks } of checksOf(values)) {
    place = createPlace(shape, { ...shared, namespace: `agora-check-${shape}` });
    if (!keep) await removeNamespaces(place);
    try {
      for (const each of checks) {
        const isOk = await table.add(shape, each, place, deadline);
        // The others make no sense without it.
        if (!isOk && each.name === 'install') break;
      }
    } finally {
      await cleanUp();
    }
  }
  print(`\n${table.text()}`);
  return table.isOk() ? 0 : 1;
}

async function load(words, images) {
  const { code, text } = await run('bash', ['-c', `${words} "$@"`, 'load', ...images]);
  if (code !== 0) throw new Error(`${words}: ${text}`);
}

async function askWhetherDisposable({ context, yes }) {
  if (!context) throw new WrongUsage('--context: which cluster may be broken?');
  const { code, text } = await run(command, ['config', 'get-contexts', context, '--output', 'name']);
  if (code !== 0) throw new WrongUsage(text.trim());
  if (yes) return;
  if (!process.stdin.isTTY) throw new WrongUsage(`--yes: may the cluster of ${context} be broken?`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Namespaces are made and deleted and a node is drained in the cluster of ${context}. Type that name to go on: `,
  );
  terminal.close();
  if (answer.trim() !== context) throw new WrongUsage('not checked');
}

function imagesOf(given) {
  const images = Object.fromEntries(targets.map((target) => [target, `agora-${target}:development`]));
  for (const each of given) {
    const [, target, image] = /^(\w+)=(\S+)$/.exec(each) ?? [];
    if (!targets.includes(target)) throw new WrongUsage(`--image ${each} is none of ${targets.join(', ')}`);
    images[target] = image;
  }
  return images;
}
