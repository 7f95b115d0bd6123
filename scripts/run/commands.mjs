/** Every command of the repository: what it does, what it accepts, and the script that it runs. `npm run help` prints it. */
const stack = (script) => `tools/local-stack/dist/commands/${script}.js`;
const operate = (name, about, usage) => ({
  script: stack('operate'),
  first: [name],
  about,
  usage,
  ownHelp: true,
});

/** Folders with their own lockfiles, needed only by the checks and tests of deployments. */
const deployments = ['deploy/ecs', 'deploy/k8s'];
const elsewhere = /^\/?(clients|examples|gateway|packages|services|test|tools)(\/|$)/;

/** The deployments whose tests may run: all, unless the arguments name only other folders. */
const deploymentsTested = (args) => {
  const named = args.filter((each) => elsewhere.test(each) || each.includes('deploy'));
  return deployments.filter(
    (folder) => named.length === 0 || named.some((each) => folder.includes(each) || each.includes(folder)),
  );
};

const yes = { '--yes': 'do not ask before anything is changed' };
const dryRun = { '--dry-run': 'show what would happen, and change nothing' };
const service = { '--service <name>': 'this service only' };

/**
 * `needs`: `run` (the default) installs and builds what runs; `all` adds the tools for tests and checks, `installs(args)` folders with a lockfile of
 * their own. `options`: those that there are, which the
 * runner checks; without it the command checks its own. `ownHelp`: the command prints its own, longer help.
 */
export const commands = {
  start: {
    about: 'Start Agora with its own PostgreSQL, NATS and mailbox',
    usage: 'npm start [-- auth|posts|votes|gateway]',
    options: { '--watch': 'restart what you change' },
    example: 'PORT_OFFSET=100 npm start',
    script: stack('start'),
    opensPorts: true,
  },
  dev: {
    about: 'Start Agora, and restart what you change',
    usage: 'npm run dev [-- auth|posts|votes|gateway]',
    options: {},
    example: 'npm run dev -- votes',
    script: stack('start'),
    first: ['--watch'],
    evenWithTypeErrors: true,
    opensPorts: true,
  },
  demo: {
    about: 'Fill a running Agora with users, posts and votes',
    usage: 'npm run demo [-- options]',
    options: {
      '--url <url>': 'where Agora is (http://127.0.0.1:8000)',
      '--users <number>': 'how many users (30)',
      '--posts <number>': 'how many posts (120)',
      '--votes <number>': 'how many votes (600)',
      '--seed <number>': 'makes the same content again',
      '--web': 'serve a page to look at it',
    },
    example: 'npm run demo -- --users 10 --posts 20 --votes 50',
    script: 'tools/demo/dist/demo.js',
  },
  test: {
    about: 'Run the tests on embedded servers; arguments go to Jest',
    usage: 'npm test [-- --all] [path or Jest option …]',
    example: "npm test services/votes -- -t 'adds a vote'",
    script: stack('test'),
    needs: 'all',
    installs: deploymentsTested,
  },
  'test-system': {
    about: 'Run the tests that take long: whole systems, faults, restarts, rates, imports, tools of others',
    usage: 'npm run test-system [-- path or Jest option …]',
    example: 'npm run test-system -- test/end-to-end',
    script: stack('test'),
    first: ['--system'],
    needs: 'all',
    // One of them compiles and tests a checkout with one service more.
    installs: () => deployments,
  },
  'test-web': {
    about: 'Walk through the example page in a real browser',
    usage: 'npm run test-web [-- folder for pictures]',
    example: 'npm run test-web -- pictures',
    script: 'examples/web/test.mjs',
    needs: 'all',
  },
  check: {
    about: 'Check format, types, lint, boundaries, unused code and generated files',
    usage: 'npm run check',
    options: {},
    example: 'npm run check',
    script: 'scripts/check.mjs',
    needs: 'all',
    installs: () => deployments,
  },
  generate: {
    about: 'Write the generated files: OpenAPI, the types of the client, events, alerts',
    usage: 'npm run generate',
    options: {},
    example: 'npm run generate && git diff --stat',
    script: 'scripts/generate.mjs',
    needs: 'all',
  },
  'new-service': {
    about: 'Add a service that starts, migrates and answers behind the gateway',
    usage: 'npm run new-service -- <name> [--remove]',
    options: { '--remove': 'remove the service again' },
    example: 'npm run new-service -- comments',
    script: 'tools/new-service/new-service.mjs',
    needs: 'all',
  },
  migrate: {
    about: 'Apply, revert or list migrations',
    usage: 'npm run migrate -- up|down|status [options]',
    options: { ...service, '--steps <number>': 'how many to revert (1)', ...dryRun, ...yes },
    example: 'npm run migrate -- status --service posts',
    script: stack('migrate'),
  },
  keys: {
    about: 'Rotate, list or retire the keys that sign access tokens',
    usage: 'npm run keys -- rotate|list|retire <kid> [--json]',
    example: 'npm run keys -- list',
    script: stack('keys'),
  },
  accounts: operate(
    'accounts',
    'Look at accounts, give roles, ban or delete',
    'npm run accounts -- <id or e-mail> [options]',
  ),
  mails: operate(
    'mails',
    'List, retry or discard mails that could not be sent',
    'npm run mails -- list|retry|discard',
  ),
  audit: operate('audit', 'Compare the services with each other, and repair', 'npm run audit -- [--repair]'),
  'dead-letters': operate(
    'dead-letters',
    'List, show, retry or discard messages that could not be applied',
    'npm run dead-letters -- list|show|retry|discard',
  ),
  outbox: operate(
    'outbox',
    'Show the events of the outbox, or publish them again',
    'npm run outbox -- status|republish',
  ),
  projections: operate(
    'projections',
    "Rebuild a service's copy of other services' data",
    'npm run projections -- rebuild',
  ),
  quarantine: operate(
    'quarantine',
    'List, restore or purge what was set aside',
    'npm run quarantine -- list|restore|purge',
  ),
  streams: {
    about: 'Show the content of the NATS streams, and how far each consumer has read',
    usage: 'npm run streams -- status|consumers [--json]',
    options: { '--json': 'as one line of JSON' },
    example: 'npm run streams -- status --json',
    script: stack('streams-command'),
  },
  backup: {
    about: 'Save all data as of one moment',
    usage: 'npm run backup -- --to <folder>',
    options: { '--to <folder>': 'a new folder' },
    example: 'npm run backup -- --to ~/agora-2027-01-31',
    script: 'tools/local-stack/dist/backup/backup-command.js',
  },
  restore: {
    about: 'Restore a backup, or one service of it',
    usage: 'npm run restore -- --from <folder> [options]',
    script: 'tools/local-stack/dist/backup/restore-command.js',
    ownHelp: true,
  },
  reconcile: {
    about: 'Bring posts and votes in line with their owners after a restore',
    usage: 'npm run reconcile [-- options]',
    script: 'tools/local-stack/dist/backup/reconcile-command.js',
    ownHelp: true,
  },
  'import-monolith': {
    about: 'Copy the data of the replaced application',
    usage: 'npm run import-monolith -- --from <url> [options]',
    options: {
      '--from <url>': 'its database (or MONOLITH_URL)',
      '--skip-odd <file>': 'leave out rows that cannot be taken over, and write their ids to a new file',
      ...dryRun,
      ...yes,
    },
    example: 'npm run import-monolith -- --from postgres://user:password@host:5432/name --dry-run',
    script: stack('import-monolith'),
  },
  'new-consumer': {
    about: 'Let an outside team read events',
    usage: 'npm run new-consumer -- <name> [--reads <streams or events>]',
    script: stack('consumer-command'),
    ownHelp: true,
  },
  chaos: {
    about: 'Break a running Agora in every known way, and check what must hold',
    usage: 'npm run chaos [-- options]',
    options: {
      '--seconds <number>': 'how long (120)',
      '--seed <number>': 'repeats a run',
      '--quick': 'a minute, with the short faults',
      '--drill': 'restores backups, in place of faults',
      '--elastic': 'replicas come and go for five minutes, in place of faults',
      '--cluster': 'NATS on three nodes, PostgreSQL with a standby, and their faults',
      '--size <size>': 'large: on the data of bench at scale 10',
      '--only <fault>': 'this kind of fault; may be repeated',
      '--out <file>': 'where the report goes',
    },
    example: 'npm run chaos -- --quick',
    script: 'tools/chaos/dist/main.js',
    needs: 'all',
  },
  'chaos:sensitivity': {
    about: 'Check that chaos finds known mistakes',
    usage: 'npm run chaos:sensitivity [-- mutation …]',
    options: {},
    example: 'npm run chaos:sensitivity',
    script: 'tools/chaos/dist/sensitivity.js',
    needs: 'all',
  },
  rehearse: {
    about: 'Carry out each runbook on an Agora that has the problem it describes',
    usage: 'npm run rehearse [-- options]',
    options: {
      '--quick': 'only the pages on backups and drift',
      '--only <page>': 'pages whose name contains this; may be repeated',
    },
    example: 'npm run rehearse -- --only outbox-stalled',
    script: 'tools/rehearsal/dist/main.js',
    needs: 'all',
  },
  bench: {
    about: 'Measure what requests cost',
    usage: 'npm run bench [-- options]',
    options: {
      '--seconds <number>': 'of each measurement (4)',
      '--rounds <number>': 'of each measure (5)',
      '--connections <number>': 'at a time (16)',
      '--scale <number>': 'of the data (1)',
      '--only <measure>': 'this measure; may be repeated',
      '--row <part>': 'with scale: only rows whose name contains this',
      '--rival <url>': 'another implementation to compare with',
      '--rival-routes <file>': 'its routes, as JSON',
      '--profile <process>': 'writes a CPU profile',
      '--smoke': 'a minute, to see that it works',
      '--readme': 'puts the tables into tools/bench/README.md',
      '--out <file>': 'where the report goes',
    },
    example: 'npm run bench -- --only login',
    script: 'tools/bench/dist/main.js',
    needs: 'all',
  },
};

/** What package.json runs without this runner. */
const plain = {
  walk: 'Walk through a running Agora with curl',
  build: 'Compile everything',
  format: 'Format all files',
  help: 'Show this list',
};

/** The list that `npm run help` prints. */
export function listCommands() {
  const rows = [
    ...Object.entries(commands).map(([name, { about }]) => [name, about]),
    ...Object.entries(plain),
  ].map(
    ([name, about]) =>
      `  ${(['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`).padEnd(28)}${about}`,
  );
  return ['Commands of Agora:', '', ...rows, '', 'npm run <command> -- --help describes one.'].join('\n');
}

/** The help of one command. */
export function describeCommand(name) {
  const { about, usage, options = {}, example } = commands[name];
  const rows = Object.entries({ ...options, '--help': 'show this' }).map(
    ([option, what]) => `  ${option.padEnd(26)}${what}`,
  );
  return [`${about}.`, '', `Usage: ${usage}`, ...rows, ...(example ? [`Example: ${example}`] : [])].join(
    '\n',
  );
}

/** What is wrong with the arguments of a command that lists its options, or undefined. */
export function wrongArgument(name, args) {
  const { options } = commands[name];
  if (!options) return undefined;
  const known = new Map(Object.keys(options).map((each) => each.split(' ')));
  for (const [index, argument] of args.entries()) {
    if (!argument.startsWith('--')) continue;
    const [option, value] = argument.split('=', 2);
    if (!known.has(option)) return `${option} is not an option`;
    const next = value ?? args[index + 1];
    if (known.get(option) && (next === undefined || next.startsWith('--'))) return `${option} needs a value`;
  }
  return undefined;
}
