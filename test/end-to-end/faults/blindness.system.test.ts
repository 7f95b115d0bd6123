import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  currentStack,
  eventually,
  httpClient,
  join,
  openCourier,
  openFaultProxy,
  startAgora,
  type Agora,
  type Answer,
  type FaultProxy,
  type HttpClient,
  type Person,
} from '@agora/testing';

const names = ['auth', 'posts', 'votes', 'gateway'] as const;
const verifiers = ['posts', 'votes', 'gateway'] as const;
type Name = (typeof names)[number];
const blindSeconds = 5;

let agora: Agora;
let ask: HttpClient;
let toNats: FaultProxy;
/** The way of all others to auth's internal port. */
let toAuth: FaultProxy;

beforeAll(async () => {
  toNats = await openFaultProxy(Number(new URL(currentStack().nats.url).port));
  agora = await startAgora(names, {
    algorithm: 'ES256',
    environment: async (ports) => {
      toAuth = await openFaultProxy(ports.auth.internalPort);
      return {
        NATS_URL: `nats://127.0.0.1:${toNats.port}`,
        REVOCATIONS_URL: `http://127.0.0.1:${toAuth.port}/internal/revocations`,
        REVOCATION_BLIND_SECONDS: String(blindSeconds),
      };
    },
  });
  ask = httpClient(agora.process('gateway').url);
}, 120_000);
afterEach(() => {
  toNats.heal();
  toAuth.heal();
});
afterAll(async () => {
  await agora.stop();
  await Promise.all([toNats.stop(), toAuth.stop()]);
});

const doors: Record<Name, (token: string) => Promise<Answer>> = {
  gateway: (token) => ask('GET', '/posts', { token }),
  auth: (token) => httpClient(agora.process('auth').url)('GET', '/sessions', { token }),
  posts: (token) => httpClient(agora.process('posts').url)('GET', '/posts', { token }),
  votes: (token) =>
    httpClient(agora.process('votes').url)('POST', '/vote', {
      token,
      json: { post_id: 2_147_483_647, dir: 0 },
    }),
};

const isRefusedEverywhere = async ({ token }: Person): Promise<true> => {
  await Promise.all(
    Object.values(doors).map((door) =>
      eventually(async () => expect((await door(token)).status).toBe(401), 2_000),
    ),
  );
  return true;
};

const logOut = ({ token }: Person) => ask('POST', '/logout', { token });

/** Good tokens are served by all again. */
const served = (person: Person) =>
  eventually(async () => {
    for (const name of verifiers) expect((await doors[name](person.token)).status).toBeLessThan(500);
  }, 10_000);

describe('an ended session is refused by every process within 2 s', () => {
  it.each(['refuse', 'holdBack'] as const)('while NATS is away (%s)', async (fault) => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    toNats[fault]();
    await logOut(ann);
    expect(await isRefusedEverywhere(ann)).toBe(true);
    await ask('DELETE', '/users/me', { token: bob.token });
    expect(await isRefusedEverywhere(bob)).toBe(true);
  });

  it('while the stream refuses events, though all processes are connected', async () => {
    const ann = await join(ask);
    const courier = await openCourier();
    await courier.whileFull('auth', async () => {
      await logOut(ann);
      expect(await isRefusedEverywhere(ann)).toBe(true);
    });
    await courier.close();
  });
});

describe('a process that starts', () => {
  const restart = async (name: Name) => {
    await agora.process(name).end('SIGKILL');
    await agora.process(name).restart();
  };

  it('learns revocations from auth while NATS is away', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    await logOut(ann);
    toNats.refuse();
    await restart('posts');
    expect((await doors.posts(ann.token)).status).toBe(401);
    expect((await doors.posts(bob.token)).status).toBe(200);
  });

  it('learns revocations from NATS while auth is away', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    await logOut(ann);
    expect(await isRefusedEverywhere(ann)).toBe(true);
    toAuth.refuse();
    await restart('votes');
    expect((await doors.votes(ann.token)).status).toBe(401);
    expect((await doors.votes(bob.token)).status).toBe(404);
  });

  it('refuses every token with 503 while both are away', async () => {
    const ann = await join(ask);
    toNats.refuse();
    toAuth.refuse();
    await agora.process('posts').end('SIGKILL');
    const restarting = agora.process('posts').restart();
    const first = await eventually(() => doors.posts(ann.token), 10_000);
    expect([first.status, first.body.code]).toEqual([503, 'revocations_unknown']);
    expect(first.headers.get('retry-after')).toBe('2');
    toNats.heal();
    toAuth.heal();
    await restarting;
    expect((await doors.posts(ann.token)).status).toBe(200);
  });
});

describe('a process that has received no revocations for longer than REVOCATION_BLIND_SECONDS', () => {
  it('refuses tokens and is not ready, serves requests without one, and recovers when it receives them again', async () => {
    const ann = await join(ask);
    toNats.refuse();
    toAuth.refuse();
    expect((await doors.gateway(ann.token)).status).toBe(200);
    await eventually(
      async () => {
        for (const name of verifiers) {
          const { status, body } = await doors[name](ann.token);
          expect([name, status, body.code]).toEqual([name, 503, 'revocations_unknown']);
          const at = httpClient(agora.process(name).internalUrl);
          expect((await at('GET', '/readyz')).status).toBe(503);
          expect((await at('GET', '/healthz')).status).toBe(200);
        }
      },
      (blindSeconds + 5) * 1_000,
    );
    expect(
      (await ask('POST', '/login', { form: { username: ann.email, password: ann.password } })).status,
    ).toBe(200);
    toAuth.heal();
    await served(ann);
  });

  it('does not count the time in which only auth was away', async () => {
    const ann = await join(ask);
    toAuth.refuse();
    await agora.process('auth').end('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, (blindSeconds + 2) * 1_000));
    for (const name of verifiers) expect((await doors[name](ann.token)).status).toBeLessThan(500);
    await agora.process('auth').restart();
    toAuth.heal();
    await logOut(ann);
    expect(await isRefusedEverywhere(ann)).toBe(true);
  });
});
