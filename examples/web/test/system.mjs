import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const children = [];

/** Builds the page again, with its own packages. */
export function buildPage() {
  const npm = (...args) =>
    execFileSync('npm', args, { cwd: join(root, 'examples/web'), stdio: ['ignore', 'ignore', 'inherit'] });
  npm('ci', '--no-audit', '--no-fund');
  npm('run', 'build');
}

/** An Agora of its own in `folder`, and the page for it. */
export async function startSystem(folder) {
  const env = { AGORA_DATA: join(folder, 'data'), BCRYPT_COST: '10' };
  const processes = ['GATEWAY', 'AUTH', 'POSTS', 'VOTES'].flatMap((name) => [name, `${name}_INTERNAL`]);
  for (const name of [...processes, 'MAILBOX', 'MAILBOX_SMTP'])
    env[`${name}_PORT`] = String(await freePort());
  await start(['scripts/run.mjs', 'start'], env, /Ctrl-C/);
  const agora = `http://127.0.0.1:${env.GATEWAY_PORT}`;
  const mailbox = `http://127.0.0.1:${env.MAILBOX_PORT}`;
  const settings = { PORT: String(await freePort()), AGORA_URL: agora, MAILBOX_URL: mailbox };
  const said = await start(['examples/web/serve.mjs'], settings, /http:\S+\n/);
  return {
    agora,
    page: said.trim(),
    /** The newest mail to the address. */
    async mailTo(address) {
      for (;;) {
        const [mail] = await (await fetch(`${mailbox}/messages?to=${address}`)).json();
        if (mail) return mail.text;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    grant: (who, role) => start(['scripts/run.mjs', 'accounts', 'grant', who, role, '--yes'], env, /: done/),
    /** As at a deployment: they are stopped, and restarted by their supervisor. */
    restart(...names) {
      const { processes: running } = JSON.parse(readFileSync(join(env.AGORA_DATA, 'run.json'), 'utf8'));
      for (const name of names) process.kill(running[name].pid, 'SIGTERM');
    },
  };
}

/** Ends all that was started. */
export async function stopSystem() {
  for (const child of children.toReversed()) await end(child);
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Runs a program until it says what it is waited for. */
function start(args, env, ready) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk) => {
      text += chunk;
      if (ready.test(text)) resolve(text);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error(`${args.join(' ')} ended:\n${text}`)));
  });
}

const end = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on('exit', resolve);
    child.kill('SIGTERM');
  });
