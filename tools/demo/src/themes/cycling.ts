import type { Theme } from './theme.js';

export const cycling: Theme = {
  slots: {
    route: [
      'the canal path',
      'Mill Hill',
      'the ring road',
      'the old railway line',
      'Station Street',
      'the river loop',
    ],
    part: [
      'a bottom bracket',
      'a dynamo hub',
      'brake pads',
      'a rear derailleur',
      'tubeless tyres',
      'a chain',
    ],
    load: ['two children', 'a week of shopping', 'a cello', 'forty kilos of compost', 'a washing machine'],
  },
  stories: [
    {
      title: '{route} is open again',
      opening:
        'Rode {route} this morning: the barriers are gone and the new surface is lovely. Mind the gravel at the end.',
    },
    {
      title: 'Replaced {part} myself, here is what I learned',
      opening:
        'The shop could see me in five weeks, so I replaced {part} on the kitchen floor. It took an evening and a half.',
    },
    {
      title: 'Carrying {load} by bike: it works',
      opening:
        'People keep asking, so for the record: yes, you can move {load} by cargo bike, even up {route}.',
    },
    {
      title: 'Near miss on {route}, please be careful',
      opening:
        'A van turned right without looking on {route} at about eight this morning. Nobody was hurt, luckily.',
    },
    {
      title: 'How long does {part} last you?',
      opening:
        'I do 6,000 km a year, mostly in the rain and mostly on {route}, and I go through {part} faster than I would like.',
    },
    {
      title: 'Slow Sunday ride along {route}?',
      opening:
        'No drops, no lycra, coffee halfway. We meet at ten and ride {route} at the speed of the slowest.',
    },
  ],
  details: [
    'My bike is a steel tourer from 1994, so your mileage may vary.',
    'The traffic lights there still do not notice bikes, I have written to the council twice.',
    'A torque wrench costs less than one stripped thread.',
    'With lights and mudguards it is an all-year thing, not a summer hobby.',
    'It took eleven minutes longer than by car and I arrived in a better mood.',
    'The second-hand counter at the workshop had everything I needed for nine euros.',
    'Wear gloves. Ask me how I know.',
    'After rain the wooden bridge is like ice.',
    'I counted forty other bikes on the way, twice as many as last year.',
  ],
  closings: [
    'Any better ideas?',
    'Ring your bell and say hello.',
    'I will put the track up tonight.',
    'Who else rides there?',
    'Happy to lend the tool to anyone nearby.',
  ],
};
