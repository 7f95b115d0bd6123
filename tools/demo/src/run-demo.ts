import type { Out } from '@agora/progress';
import { AgoraError, openAgora } from './agora.js';
import { readConfig, usage, UsageError, type Config } from './config.js';
import { describeLogin, describeMade, describeModerator, describeTop } from './describe-run.js';
import { fillAgora, nothingMade } from './fill-agora.js';
import { makePlan } from './plan.js';
import { readTopPosts } from './read-top-posts.js';
import { serveWeb } from './serve-web.js';

/** The streams and the signal to stop that the command works with. */
export interface Surroundings {
  out: Out;
  errors: NodeJS.WritableStream;
  stop: AbortSignal;
  /** Makes an account a moderator, which only operators can do; resolves to false where that is not possible from here. */
  makeModerator(email: string): Promise<boolean>;
}

const settlingMilliseconds = 5_000;

/** The whole command; answers with the exit code: 2 for wrong arguments, 130 when stopped, 1 for all else that went wrong. */
export async function runDemo(args: string[], surroundings: Surroundings): Promise<number> {
  const { out, errors } = surroundings;
  try {
    const config = readConfig(args);
    if (!config) out.write(`Usage: ${usage}\n`);
    return config ? await fillAndReport(config, surroundings) : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    errors.write(`${error.message}\n`);
    return 2;
  }
}

async function fillAndReport(config: Config, surroundings: Surroundings): Promise<number> {
  const { out, errors, stop, makeModerator } = surroundings;
  const say = (text: string) => out.write(`${text}\n`);
  // The first failure breaks off all other requests, as the user's Ctrl-C does.
  const failure = new AbortController();
  const signal = AbortSignal.any([stop, failure.signal]);
  const agora = openAgora(config.url, signal);
  const made = nothingMade();
  try {
    await expectAgora(config.url, signal);
    const plan = makePlan(config.seed, config);
    await fillAgora(agora, plan, made, out);
    const top = await readTopPosts(agora, made, signal, settlingMilliseconds);
    say(`\n${describeMade(made, config)}`);
    if (top.posts.length > 0) say(`\n${describeTop(top)}`);
    const [user] = made.users;
    if (user) say(`\n${describeLogin(user, config.url)}`);
    const moderator = made.reports > 0 ? made.users.at(-1) : undefined;
    if (moderator) say(`\n${describeModerator(moderator, config.url, await makeModerator(moderator.email))}`);
    return config.webPort === undefined ? 0 : await serveWeb(config.url, config.webPort, surroundings);
  } catch (error) {
    failure.abort();
    if (!stop.aborted && !(error instanceof AgoraError)) throw error;
    errors.write(`${stop.aborted ? 'Stopped.' : (error as Error).message}\n`);
    if (made.users.length > 0) say(describeMade(made, config, agora.underWay()));
    return stop.aborted ? 130 : 1;
  }
}

/** Throws an AgoraError at once when there is none, or something else. */
async function expectAgora(url: string, signal: AbortSignal): Promise<void> {
  const health = await fetch(`${url}/health`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
  })
    .then((answer) => answer.json() as Promise<{ status?: string }>)
    .catch(() => undefined);
  if (health?.status !== 'ok') throw new AgoraError(`No Agora answers at ${url}. Start it with npm start.`);
}
