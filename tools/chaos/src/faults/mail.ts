import { setTimeout as sleep } from 'node:timers/promises';
import { subjects } from '../load/mails.js';
import { publish } from '../load/posts.js';
import { newAuthor } from './data.js';
import type { Fault } from './fault.js';

const milliseconds = 4_000;
const patience = 8_000;

/** People join, log in and write all the same; their mails wait, and come when the server is back. */
const smtpAway: Fault = {
  kind: 'smtp away',
  touches: 'mail',
  quick: true,
  async run(scene) {
    const { system, random, attempt, world, journal } = scene;
    const hangs = random.below(2) === 0;
    if (hangs) system.mail.way.holdBack();
    else system.mail.way.refuse();
    const until = journal.now() + milliseconds;
    const account = await newAuthor(scene);
    if (!(await publish(account, `without-mail-${account.id}`, scene)))
      throw new Error('no post could be published');
    const { email } = account;
    const asked = await attempt('ask for a reset', 'POST', '/password-resets', { json: { email } });
    const isCertain = asked?.status === 202;
    world.mails.push({ account, subject: subjects.resetPassword, isCertain });
    await sleep(Math.max(0, until - journal.now()));
    system.mail.way.heal();
    const healedAt = journal.now();
    const isHere = () => system.mail.received.filter(({ to }) => to === email).length >= (isCertain ? 2 : 1);
    // What is late is not lost: whether it comes at all is checked in the end.
    while (!isHere() && journal.now() < healedAt + patience) await sleep(100);
    const how = hangs ? 'hangs' : 'refuses';
    const seconds = ((journal.now() - healedAt) / 1_000).toFixed(1);
    return `${how} for ${milliseconds / 1_000} s; mails ${isHere() ? `after ${seconds} s` : 'still wait'}`;
  },
};

export const mailFaults: readonly Fault[] = [smtpAway];
