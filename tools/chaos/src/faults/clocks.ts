import { setTimeout as sleep } from 'node:timers/promises';
import { services, type ProcessName } from '@agora/local-stack';
import { statusOf } from '../load/ask.js';
import type { Account } from '../load/world.js';
import type { Replica } from '../system/replica.js';
import type { Fault, Scene } from './fault.js';
import { newAuthor } from './data.js';
import { replicasOf } from './processes.js';

const hours = 2;
/** Past the minute after which what has expired is forgotten. */
const steppedMilliseconds = 65_000;
/** The library looks at its file once a second. */
const noticeMilliseconds = 2_500;

/** The replica with a clock that can be stepped, out of the clients' reach meanwhile: it rightly refuses tokens that are valid by the right clock. */
async function withStepped<Result>(
  { system }: Scene,
  replica: Replica | undefined,
  seconds: number,
  work: (replica: Replica) => Promise<Result>,
): Promise<Result> {
  if (!replica) throw new Error('there is no second replica');
  // Where clocks cannot be stepped this throws, before the replica is taken away.
  replica.stepClock(0);
  system.withdraw(replica);
  try {
    replica.stepClock(seconds);
    await sleep(noticeMilliseconds);
    return await work(replica);
  } finally {
    replica.stepClock(0);
    await sleep(noticeMilliseconds);
    replica.restore();
  }
}

/** What ended before a step, or during it, must stay ended when the clock is right again. */
const stepForth: Fault = {
  kind: 'clock 2 h ahead and back',
  touches: 'processes',
  beside: true,
  async run(scene) {
    const { attempt, system, random, signal, findings } = scene;
    const name = random.pick<ProcessName>(['gateway', 'posts', 'votes']);
    const [before, during] = [await newAuthor(scene), await newAuthor(scene)];
    const ended: string[] = [];
    // Other faults come meanwhile: a logout without an answer says nothing.
    const logOut = async ({ token }: Account) => {
      const answer = await attempt('log out', 'POST', '/logout', { token });
      if (answer?.status === 204) ended.push(token);
    };
    await logOut(before);
    const replica = replicasOf(system, name)[1];
    await withStepped(scene, replica, hours * 3_600, async () => {
      await logOut(during);
      await sleep(steppedMilliseconds, undefined, { signal }).catch(() => undefined);
    });
    for (const token of ended)
      if (replica && (await statusOf(replica, token)) < 300)
        findings.broken('I13', `${replica.label} served an ended session after its clock had been stepped`);
    return `${replica?.label}, 65 s`;
  },
};

/** What a clock that is ahead has signed is from the future for all others. */
const signAhead: Fault = {
  kind: 'tokens from the future',
  touches: 'processes',
  async run(scene) {
    const { system, findings } = scene;
    const author = await newAuthor(scene);
    await withStepped(scene, replicasOf(system, 'auth')[1], hours * 3_600, async (auth) => {
      const token = await logInAt(auth, author);
      for (const name of ['gateway', ...services.filter((service) => service !== 'auth')] as const)
        for (const replica of replicasOf(system, name))
          if ((await statusOf(replica, token)) < 300)
            findings.broken('I13', `${replica.label} accepted a token that was signed ${hours} h ahead`);
    });
    return `signed by auth-2, ${hours} h ahead`;
  },
};

async function logInAt({ ports }: Replica, { email, password }: { email: string; password: string }) {
  const response = await fetch(`http://127.0.0.1:${ports.port}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: email, password }),
    signal: AbortSignal.timeout(5_000),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`the login was answered ${response.status}`);
  return body.access_token;
}

export const clockFaults: readonly Fault[] = [stepForth, signAhead];
