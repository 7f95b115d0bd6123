import { fileURLToPath } from 'node:url';
import { renderObjects } from '../../release/objects.mjs';
import { makeAuthorities } from '../authorities.mjs';
import { lastLines, run } from '../place.mjs';
import { makeNamespaces } from '../namespaces.mjs';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
/** The tests that need a whole Agora and only its public address; docker compose runs the same ones. */
const endToEnd =
  'test/end-to-end/(attacks/authorization|attacks/hostile-requests|documentation|journey|live-feed|read-own-writes|revocation)|clients/typescript/test';

export const install = {
  name: 'install',
  says: '`secrets`, then `release all`',
  seconds: 600,
  async run(place) {
    await makeNamespaces(place);
    // Running processes trust the authority that they were started with, so it stays.
    if (place.shape === 'production' && !(await place.kubectl.find('configmap', 'authorities')))
      await place.apply(makeAuthorities(place.namespace));
    await place.release(['secrets']);
    await place.release(['release', 'all', '--overlay', place.overlay()]);
    const pods = await place.pods();
    await place.open(await nodeForDoor(place));
    return { note: `${pods.length} pods` };
  },
};

/** Where the database is: the node that no check drains. */
async function nodeForDoor({ pods }) {
  const [database] = await pods('app.kubernetes.io/name=postgres');
  return database?.spec.nodeName;
}

export const again = {
  name: 'again',
  says: 'a second release and a second apply change nothing',
  seconds: 180,
  async run(place) {
    const overlay = place.overlay();
    const { text } = await place.release(['release', 'all', '--overlay', overlay]);
    if (!text.includes('nothing has changed')) throw new Error(`the release changed ${lastLines(text, 20)}`);
    const objects = await renderObjects(place.kubectl, overlay);
    const changed = await place.kubectl.apply(objects);
    if (changed.length > 0) throw new Error(`apply changed ${changed.join(', ')}`);
    return { note: `${objects.length} objects unchanged` };
  },
};

export const endToEndTests = {
  name: 'end-to-end',
  says: 'the end-to-end tests that need only the public address, through the Service',
  seconds: 1_200,
  async run(place) {
    const AGORA_ORIGIN = await place.open();
    // The tests end with the check.
    const signal = AbortSignal.timeout(this.seconds * 1_000);
    // Idle connections through a port-forward outlive the tests.
    const args = ['test', '--silent', '--', '--forceExit', endToEnd];
    const { code, text } = await run(
      'npm',
      args,
      { AGORA_ORIGIN, JEST_WORKERS: '1' },
      { cwd: repository, signal },
    );
    if (code !== 0) throw new Error(lastLines(text, 30));
    return { note: /^\d+ passed, .*$/m.exec(text)?.[0] };
  },
};

export const audit = {
  name: 'audit',
  says: '`audit` of posts and votes finds no difference',
  seconds: 180,
  async run(place) {
    await place.release(['audit']);
    return {};
  },
};
