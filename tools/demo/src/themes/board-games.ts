import type { Theme } from './theme.js';

export const boardGames: Theme = {
  slots: {
    game: [
      'Go',
      'cribbage',
      'chess',
      'backgammon',
      'a train game from the eighties',
      'mahjong',
      'a co-op about lighthouses',
    ],
    crowd: [
      'two tired parents',
      'six people who just met',
      'my competitive sister',
      'a class of nine-year-olds',
      'three beginners',
    ],
    trouble: [
      'the one who thinks for ten minutes',
      'sore losers',
      'missing pieces',
      'house rules',
      'too little table',
    ],
  },
  stories: [
    {
      title: '{game} with {crowd}: went better than expected',
      opening: 'I brought {game} and expected the worst. An hour later {crowd} wanted a rematch.',
    },
    {
      title: 'How do you deal with {trouble}?',
      opening:
        'Our round has met every other Friday for four years, and the one thing we have not solved is {trouble}.',
    },
    {
      title: 'Looking for players: {game}, Tuesdays',
      opening:
        'The back room of the library is ours from seven to ten. We play {game}, and {crowd} would fit right in.',
    },
    {
      title: 'Why {game} is still on my table after a hundred plays',
      opening:
        'I log my games, so I know: {game}, one hundred plays, eleven of them with {crowd}. It has not worn out.',
    },
    {
      title: 'What would you play with {crowd}?',
      opening:
        'Next weekend it is me and {crowd}. {game} is my usual answer but last time we ran into {trouble}.',
    },
    {
      title: 'I made replacement pieces for {game} out of wood',
      opening:
        'The box came from a flea market. A spare evening and some offcuts later, {game} is complete again.',
    },
  ],
  details: [
    'Explaining the rules took ten minutes, with one deliberate omission.',
    'We play with a sand timer now, and the timer is everybody’s friend.',
    'Snacks go on a separate table since the incident with the salsa.',
    'The scores were within three points, twice.',
    'I lost, as is tradition.',
    'The second game is always the good one.',
    'No phones on the table is the only house rule left.',
    'The manual contradicts itself on page six, so we voted.',
    'It packs small enough for a train.',
  ],
  closings: [
    'Which one should we try next?',
    'Bring a game or just yourself.',
    'House rules in the replies, please, I collect them.',
    'Am I wrong?',
    'The rematch is on Friday.',
  ],
};
