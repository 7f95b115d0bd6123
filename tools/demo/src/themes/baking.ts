import type { Theme } from './theme.js';

export const baking: Theme = {
  slots: {
    bread: [
      'rye sourdough',
      'ciabatta',
      'focaccia',
      'a plain wheat loaf',
      'spelt rolls',
      'pumpernickel',
      'brioche',
    ],
    flaw: [
      'a gummy crumb',
      'a pale crust',
      'no oven spring',
      'one giant hole',
      'a flat bottom',
      'burnt edges',
    ],
    tool: [
      'a cast-iron pot',
      'a pizza stone',
      'a 20-year-old gas oven',
      'a bread tin',
      'a cheap steel plate',
    ],
  },
  stories: [
    {
      title: 'How I got rid of {flaw} in {bread}',
      opening:
        'Every weekend the same story: {bread} that smelled wonderful and had {flaw}. It turned out to be simple.',
    },
    {
      title: '{bread} with {tool}, twelve bakes later',
      opening: 'I have baked {bread} with {tool} once a week since September and wrote every number down.',
    },
    {
      title: '{flaw}: a problem or a feature?',
      opening:
        'My {bread} comes out with {flaw} about every other time. Everybody eats it and nobody but me complains.',
    },
    {
      title: 'A {bread} schedule for people who work full time',
      opening:
        'You do not need a free day for {bread}. Mix before dinner, shape before bed, bake before the first meeting.',
    },
    {
      title: 'My starter survived three weeks without me',
      opening:
        'I forgot the jar at the back of the fridge. Two feedings later it raised {bread} as if nothing had happened.',
    },
    {
      title: 'Do I need anything better than {tool}?',
      opening:
        'Until now I have baked everything with {tool}. {bread} is where I start to wonder whether that holds me back.',
    },
  ],
  details: [
    'The flour is the 1 kg bag from the mill at the market, nothing special.',
    'Hydration is 72 %, and I stopped adding water because it felt right.',
    'My kitchen has 18 °C in winter, so all the times in books are too short for me.',
    'A cheap thermometer taught me more than the last three books.',
    'Ten more minutes with the lid off did it.',
    'Letting it cool completely is the hardest step of them all.',
    'I weigh the salt now; two grams either way is a lot.',
    'The overnight rest in the fridge also makes scoring much easier.',
    'Half of it went to the neighbours, who are very patient test subjects.',
  ],
  closings: [
    'Recipe in the comments if anyone wants it.',
    'What does yours look like?',
    'Next weekend: the same again with fresh rye.',
    'Tell me I am not the only one.',
    'Corrections from people who do this for a living are welcome.',
  ],
};
