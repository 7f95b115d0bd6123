import type { Theme } from './theme.js';

export const garden: Theme = {
  slots: {
    crop: [
      'courgettes',
      'runner beans',
      'tomatoes',
      'leeks',
      'raspberries',
      'pumpkins',
      'beetroot',
      'garlic',
    ],
    pest: ['slugs', 'pigeons', 'aphids', 'snails', 'cabbage whites', 'voles'],
    place: [
      'a north-facing balcony',
      'heavy clay',
      'two raised beds',
      'a rented yard',
      'pure sand',
      'an old bathtub',
    ],
  },
  stories: [
    {
      title: 'What finally worked against {pest} on my {crop}',
      opening:
        'After three seasons of losing half my {crop} to {pest}, this is the first year with something left for us.',
    },
    {
      title: 'More {crop} than we can eat, who wants some?',
      opening:
        'I planted {crop} for a family of six and we are two. There is a full crate by the gate, help yourself.',
    },
    {
      title: '{crop} in {place}: a report after one summer',
      opening: 'Everyone told me {crop} in {place} would be a waste of seed. It was not, but it was close.',
    },
    {
      title: 'When do you start your {crop}?',
      opening:
        'The packet says March, my neighbour says May, and last year both of us were wrong about our {crop}.',
    },
    {
      title: 'Beginner with {place}, where do I start?',
      opening:
        'We moved in January and all I have is {place} and a lot of enthusiasm. On the wish list: {crop}.',
    },
    {
      title: '{crop}: worth the space?',
      opening:
        'A third of the plot went to {crop} last year, and I keep doing the sums. The shop asks next to nothing for them.',
    },
  ],
  details: [
    'The compost was two years old and I did not feed anything after June.',
    'I water in the evening, every third day, and a lot at once.',
    'Fleece in April made more difference than anything I bought later.',
    'The hedgehog that moved in under the shed deserves part of the credit.',
    'I kept a notebook this time, mostly so that I stop repeating the same mistake.',
    'We had eleven dry weeks, so take my numbers with a pinch of salt.',
    'Mulching with grass clippings was free and it kept the soil cool.',
    'One bed got nothing at all as a comparison, and it shows.',
    'The seed came from last year’s swap at the library.',
  ],
  closings: [
    'What would you do differently?',
    'Photos once the rain stops.',
    'If you garden on similar soil, I would like to compare notes.',
    'I will report back in autumn.',
    'Spare seed to give away, just ask.',
  ],
};
