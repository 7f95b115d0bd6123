#!/usr/bin/env node
/** `node release.mjs --help` says what it does. Needs Node.js 20 and kubectl, and nothing that npm installs. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Failure, WrongUsage } from './release/failure.mjs';
import { createKubectl, listOf } from './release/kubectl.mjs';
import { makeSecrets, randomSecrets } from './release/make-secrets.mjs';
import { renderObjects, selectObjects } from './release/objects.mjs';
import { release } from './release/release.mjs';
import { runNow } from './release/run-job.mjs';

const usage = `Usage: node release.mjs <command> [options]

  release all|<service>     apply the overlay, or what it says of one service: settings, then Jobs, then processes; wait until all run
  render all|<service>      print those objects, Jobs named by their content, as YAML documents; for Argo CD, Flux and review
  secrets                   make the Secrets that the cluster lacks, and leave those that are there
  keys rotate|list|retire   the keys that sign tokens: a new one, all, end one (keys retire <kid> --yes)
  audit [posts|votes]       compare what services keep of each other, now; both unless one is named (--repair puts it right)

  --overlay <name|folder>   local, staging, production, or a folder with a kustomization.yaml (default: production)
  --image [<name>=]<image>  by its digest: registry.example.com/votes@sha256:…; as often as there are images to set
  --rerun                   run Jobs again that are complete, after a password has changed
  --print                   secrets: print random ones as JSON instead of making them, for another keeper of secrets
  --context, --namespace    as for kubectl (default: its current context, agora)
  --timeout <time>          give up after 90s, 10m, 1h (default: 10m)
  --patience <time>         how long a pod may wait for a node, or for a Secret that an operator makes (default: 60s)
  --interval <time>         how often to look (default: 2s)
  --help

KUBECTL says where kubectl is. Ends with code 0 when all is done, 1 at the first failure, which it reports, and 2 when the arguments are wrong.
Example: node release.mjs release votes --image registry.example.com/agora/votes@sha256:0123…`;

const options = {
  overlay: { type: 'string', default: 'production' },
  image: { type: 'string', multiple: true, default: [] },
  rerun: { type: 'boolean', default: false },
  print: { type: 'boolean', default: false },
  repair: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  context: { type: 'string' },
  namespace: { type: 'string', default: 'agora' },
  timeout: { type: 'string', default: '10m' },
  patience: { type: 'string', default: '60s' },
  interval: { type: 'string', default: '2s' },
  help: { type: 'boolean', default: false },
};

const print = (line) => process.stdout.write(`${line}\n`);

const commands = {
  async release({ words: [service], kubectl, values, pace }) {
    const given = {
      overlay: folderOf(values.overlay),
      images: imagesOf(values.image, service),
      rerun: values.rerun,
    };
    const changed = await release(kubectl, need(service, 'release what?'), { ...given, ...pace, print });
    print(changed === 0 ? 'nothing has changed' : `${service} is released; ${changed} objects have changed`);
    if (values.image.length > 0)
      print('Write the image into the overlay too: the next release of all takes what stands there.');
  },

  async render({ words: [service], kubectl, values }) {
    const images = imagesOf(values.image, need(service, 'render what?'));
    const objects = await renderObjects(kubectl, folderOf(values.overlay), images);
    for (const object of selectObjects(objects, service))
      print(`---\n${JSON.stringify(object, undefined, 2)}`);
  },

  async secrets({ words, kubectl, values: { namespace, print: isPrinted } }) {
    if (words.length > 0) throw new WrongUsage(`secrets takes no ${words[0]}`);
    if (isPrinted) return print(JSON.stringify(JSON.parse(listOf(randomSecrets(namespace))), undefined, 2));
    const made = await makeSecrets(kubectl, namespace);
    print(made.length === 0 ? 'all Secrets are there' : `made ${made.join(', ')}`);
  },

  async keys({ words: [verb, kid], kubectl, values, pace }) {
    if (!['rotate', 'list', 'retire'].includes(verb)) throw new WrongUsage('keys rotate, list or retire?');
    if ((verb === 'retire') !== (kid !== undefined))
      throw new WrongUsage(verb === 'retire' ? 'which key? (keys list)' : `keys ${verb} takes no ${kid}`);
    if (verb === 'retire' && !values.yes && !values['dry-run'])
      throw new WrongUsage('all tokens that the key has signed end: say --yes, or --dry-run to see');
    const flags = ['yes', 'dry-run', 'json'].filter((flag) => values[flag]).map((flag) => `--${flag}`);
    await runNow(kubectl, 'rotate-keys', { args: [verb, ...(kid ? [kid] : []), ...flags], ...pace, print });
  },

  async audit({ words, kubectl, values, pace }) {
    const services = words.length > 0 ? words : ['posts', 'votes'];
    const unknown = services.find((each) => !['posts', 'votes'].includes(each));
    if (unknown) throw new WrongUsage(`${unknown} has no audit; posts and votes have`);
    const args = ['repair', 'json'].filter((flag) => values[flag]).map((flag) => `--${flag}`);
    for (const service of services) await runNow(kubectl, `audit-${service}`, { args, ...pace, print });
  },
};

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  if (error instanceof WrongUsage || error.code?.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${error.message}\n\n${usage}\n`);
    return 2;
  }
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`failed: ${error.message}\n${error.details.map((line) => `  ${line}\n`).join('')}`);
  return 1;
});

async function main(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [command, ...words] = positionals;
  if (values.help) {
    print(usage);
    return 0;
  }
  if (!Object.hasOwn(commands, command ?? ''))
    throw new WrongUsage(command ? `there is no ${command}` : 'do what?');
  const pace = {
    deadline: Date.now() + millisecondsOf('timeout', values),
    patience: millisecondsOf('patience', values),
    interval: millisecondsOf('interval', values),
  };
  const kubectl = createKubectl(process.env.KUBECTL || 'kubectl', values);
  await commands[command]({ words, values, pace, kubectl });
  return 0;
}

function need(word, question) {
  if (!word) throw new WrongUsage(question);
  return word;
}

function folderOf(overlay) {
  const own = fileURLToPath(new URL(`overlays/${overlay}`, import.meta.url));
  const folder = !overlay.includes('/') && existsSync(own) ? own : overlay;
  if (!existsSync(folder)) throw new WrongUsage(`there is no overlay ${overlay}`);
  return folder;
}

/** A tag may be another image tomorrow, and the Job of a migration is named by what it runs. */
function imagesOf(given, service) {
  return Object.fromEntries(
    given.map((each) => {
      const [, name = service, image] = /^(?:([\w-]+)=)?(.+)$/.exec(each) ?? [];
      if (!/@sha256:[0-9a-f]{64}$/.test(image))
        throw new WrongUsage(`${image} has no digest: an image is named by @sha256:…`);
      return [name === 'provision' || name === 'streams' ? 'setup' : name, image];
    }),
  );
}

function millisecondsOf(option, { [option]: time }) {
  const [, number, unit] = /^(\d+)([smh]?)$/.exec(time) ?? [];
  if (!number) throw new WrongUsage(`--${option} ${time} is no time; 90s, 10m and 1h are`);
  return Number(number) * { s: 1_000, '': 1_000, m: 60_000, h: 3_600_000 }[unit];
}
