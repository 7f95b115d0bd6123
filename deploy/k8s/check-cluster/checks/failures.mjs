import { addEnvironment, patchOf } from '../overlay.mjs';

/** An image that cannot be pulled: no name server knows its registry. */
const noImage = `registry.invalid/agora/gateway@sha256:${'0'.repeat(64)}`;
const longest = 60;

/** A release that must fail within a minute, say why, and leave the version before serving; then the right one again. */
const failure = (name, says, { service, patches, args = [], reason }) => ({
  name,
  says,
  seconds: 240,
  run: (place) =>
    place.underLoad(async () => {
      const wrong = ['release', service, '--overlay', place.overlay(patches), ...args];
      const { text, seconds } = await place.release(wrong, { expected: 1 });
      const told = text.slice(text.indexOf('failed: '));
      if (!reason.test(told)) throw new Error(`it does not say why: ${told}`);
      if (seconds > longest) throw new Error(`it took ${Math.round(seconds)} s to see that it fails`);
      await place.release(['release', service, '--overlay', place.overlay()]);
      return `seen after ${Math.round(seconds)} s: "${told.split('\n')[0].replace('failed: ', '').slice(0, 120)}"`;
    }),
});

export const failures = [
  failure('bad-image', 'an image that can’t be pulled', {
    service: 'gateway',
    args: ['--image', noImage],
    reason: /ImagePullBackOff[^]*registry\.invalid/,
  }),
  failure('bad-job-image', 'a Job whose image can’t be pulled', {
    service: 'votes',
    args: ['--image', noImage],
    reason: /Job migrate-votes-\w+: [^]*ImagePullBackOff/,
  }),
  failure('failed-job', 'a Job that fails', {
    service: 'votes',
    patches: [
      patchOf('Job', 'migrate-votes', [
        {
          op: 'add',
          path: '/spec/template/spec/containers/0/args',
          value: ['--eval', 'throw new Error("no")'],
        },
      ]),
    ],
    reason: /Job migrate-votes-\w+: [^]*Error: no/,
  }),
  failure('crash', 'a process that ends at its start', {
    service: 'votes',
    patches: [addEnvironment('votes', { ALGORITHM: 'none' })],
    reason: /Deployment votes: [^]*ALGORITHM/,
  }),
];
