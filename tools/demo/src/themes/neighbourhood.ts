import type { Theme } from './theme.js';

export const neighbourhood: Theme = {
  slots: {
    spot: [
      'the old swimming pool',
      'the corner bakery',
      'the playground on Elm Street',
      'the underpass',
      'the market hall',
      'the little park',
    ],
    item: ['a grey cat', 'a child’s glove', 'a bunch of keys', 'a violin bow', 'one hiking boot', 'a drone'],
    event: [
      'a street party',
      'a flea market',
      'a tree planting day',
      'an open-air film night',
      'a clothes swap',
    ],
  },
  stories: [
    {
      title: 'Found near {spot}: {item}',
      opening:
        'This afternoon I came across {item} right beside {spot}. Describe it to me and it is yours again.',
    },
    {
      title: 'What is happening with {spot}?',
      opening:
        'There has been a fence around {spot} for two weeks now. Does anyone know more than the poster says?',
    },
    {
      title: 'Let’s have {event} at {spot}',
      opening:
        'Last year we only talked about it. This year I asked the council: {event} at {spot} is possible, if ten of us help.',
    },
    {
      title: 'Thank you to whoever looks after {spot}',
      opening:
        'I walk past {spot} every day and somebody has clearly been busy. It looks better than it has in years.',
    },
    {
      title: 'Lost: {item}, somewhere around {spot}',
      opening:
        'I must have lost it on Monday evening between the tram and {spot}: {item}. It is worth nothing to anyone but me.',
    },
    {
      title: '{event}: what we learned from the first one',
      opening:
        'About two hundred people came to {event} at {spot}. Here is the honest list of what worked and what did not.',
    },
  ],
  details: [
    'There is a note about it in the window of the copy shop, too.',
    'I have already asked at number 14 and in the launderette.',
    'My neighbour has lived here since 1961 and has never seen anything like it.',
    'You can reach me most evenings after six.',
    'The caretaker knows, and so does the lady from the kiosk.',
    'It is ten minutes on foot from the tram stop.',
    'Everyone I spoke to so far was very kind about it.',
    'I put it on the noticeboard last week, but who reads that?',
    'Sorry for posting this twice, the first one went to the wrong street.',
  ],
  closings: [
    'Write to me here or ring at number 14.',
    'Please pass it on to people who are not online.',
    'Any hint is welcome.',
    'Thank you, all of you.',
    'I will keep this post up to date.',
  ],
};
