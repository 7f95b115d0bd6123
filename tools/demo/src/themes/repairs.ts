import type { Theme } from './theme.js';

export const repairs: Theme = {
  slots: {
    thing: [
      'a toaster',
      'a record player',
      'an espresso machine',
      'a sewing machine',
      'a desk lamp',
      'a stand mixer',
      'a radio',
    ],
    cause: [
      'a blown thermal fuse',
      'one cracked solder joint',
      'a worn belt',
      'a dried-out capacitor',
      'crumbs',
      'a loose wire',
    ],
    find: [
      'on the kerb',
      'at the flea market',
      'in my grandmother’s attic',
      'for three euros',
      'in the office kitchen',
    ],
  },
  stories: [
    {
      title: 'Saved {thing} from the bin: it was {cause}',
      opening:
        'Brought home {thing} I found {find}. An hour and a cup of tea later the culprit was clear: {cause}.',
    },
    {
      title: 'Repair café report: {thing} of the month',
      opening:
        'Fourteen visitors on Saturday, nine things fixed. The star was {thing}, found {find}, with nothing but {cause}.',
    },
    {
      title: 'Where do I get parts for {thing}?',
      opening:
        'I am sure it is {cause}, but nobody seems to sell the part any more. I found {thing} {find} and got attached to it.',
    },
    {
      title: 'Is {thing} with {cause} worth fixing?',
      opening: 'The heart says yes. The spare part costs more than I paid when I got {thing} {find}.',
    },
    {
      title: 'First time opening {thing}, what should I know?',
      opening:
        'I have a screwdriver set, a multimeter and no idea. My guess is {cause}, because that is what it was last time.',
    },
    {
      title: 'Glued, screwed and proud: {thing} lives',
      opening:
        'It will not win a beauty contest, but {thing} works again. Five years ago I would have thrown it away over {cause}.',
    },
  ],
  details: [
    'The service manual was on the web archive, scanned and slightly crooked.',
    'Take a photo before every screw. Every single one.',
    'Unplug it first and wait; some parts hold a charge for a long while.',
    'The hardest part was the clips that are made to be closed once.',
    'Total cost: 1.80 and some patience.',
    'The manufacturer told me politely to buy a new one.',
    'A drop of oil was needed too, but that was not the fault.',
    'My daughter did the soldering, and better than I would have.',
    'It hums a little now, which I have decided is character.',
  ],
  closings: [
    'Ask me anything about the insides.',
    'Next café is on the second Saturday, bring cake.',
    'Has anyone fixed the same model?',
    'Second opinions are welcome before I close it up.',
    'One thing less for the tip.',
  ],
};
