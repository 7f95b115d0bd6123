import { addEnvironment } from '../overlay.mjs';

let versions = 0;

const rollout = (service) => ({
  name: `rollout-${service}`,
  says: `\`release ${service}\` of another version`,
  seconds: 300,
  run: (place) =>
    place.underLoad(async () => {
      versions += 1;
      const overlay = place.overlay([addEnvironment(service, { VERSION: `check-${versions}` })]);
      const { text } = await place.release(['release', service, '--overlay', overlay]);
      if (!text.includes(`${service} is released`)) throw new Error(`nothing was rolled out: ${text}`);
    }),
});

export const rollouts = ['auth', 'posts', 'votes', 'gateway'].map(rollout);

export const rollback = {
  name: 'rollback',
  says: '`kubectl rollout undo` of votes',
  seconds: 300,
  run: (place) =>
    place.underLoad(async () => {
      const { kubectl } = place;
      await kubectl.run(['rollout', 'undo', 'deployment/votes']);
      await kubectl.run(['rollout', 'status', 'deployment/votes', '--timeout', '240s']);
    }),
};
