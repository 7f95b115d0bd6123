import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@agora/local-stack';
import { parse, parseAllDocuments } from 'yaml';

interface Manifest {
  kind?: string;
  metadata?: { name?: string };
}

/** What is wrong with a command for a deployment that is not here to run it; undefined when it names what there is. */
export function complaintAbout(command: string): string | undefined {
  const words = command.split(/\s+/);
  if (words[0] === 'kubectl') return aboutKubectl(words);
  if (words[0] === 'docker') return aboutCompose(words);
  return 'it is neither for Kubernetes nor for Compose';
}

const manifests = (): Manifest[] => {
  const folder = join(checkout, 'deploy/k8s/base');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => document.toJS() as Manifest);
};

const kubectlFlags =
  /^--(namespace|previous|dry-run=client|all|selector|kustomize|replicas=\d+|cascade=orphan|from=cronjob\/[\w-]+)$|^-[nol]$/;
const kubectlVerbs = new Set([
  'create',
  'get',
  'logs',
  'scale',
  'delete',
  'rollout',
  'apply',
  'exec',
  'describe',
  'edit',
]);

function aboutKubectl(words: string[]): string | undefined {
  if (!kubectlVerbs.has(words[1] ?? '')) return `kubectl ${words[1]} is no verb of these pages`;
  const flag = words.find((word) => word.startsWith('-') && word !== '--' && !kubectlFlags.test(word));
  if (flag) return `kubectl: ${flag}`;
  const named = words.flatMap(
    (word) => /(?:^|=)(cronjob|deployment|statefulset)\/([\w-]+)$/.exec(word) ?? [],
  );
  const [, kind = '', name] = named;
  if (!name) return undefined;
  const isThere = manifests().some(
    (each) => each.kind?.toLowerCase() === kind && each.metadata?.name === name,
  );
  return isThere ? undefined : `deploy/k8s/base has no ${kind} ${name}`;
}

function aboutCompose(words: string[]): string | undefined {
  const [, compose, verb = '', ...rest] = words;
  if (compose !== 'compose') return 'only docker compose is used here';
  if (!['run', 'exec', 'up', 'down', 'stop', 'start', 'cp', 'rm', 'ps'].includes(verb))
    return `docker compose ${verb}`;
  const file = parse(readFileSync(join(checkout, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, object>;
  };
  // What follows a redirection is a file.
  const end = rest.findIndex((word) => /^[<>]$/.test(word));
  const names = rest.slice(0, end < 0 ? rest.length : end).filter((word) => !word.startsWith('-'));
  const services = verb === 'run' || verb === 'exec' ? names.slice(0, 1) : names;
  const unknown = services.find((name) => !Object.hasOwn(file.services, name));
  if (unknown) return `docker-compose.yml has no service ${unknown}`;
  const script = names.find((word) => word.endsWith('.js'));
  return script && !existsSync(join(checkout, script)) ? `${script} does not exist` : undefined;
}
