import type { Theme } from './theme.js';

export const books: Theme = {
  slots: {
    genre: [
      'a short story collection',
      'a Russian brick',
      'a quiet crime novel',
      'nature writing',
      'a memoir',
      'old science fiction',
    ],
    mood: [
      'for a long train ride',
      'for February',
      'when you cannot sleep',
      'to read aloud',
      'for people who stopped reading',
    ],
    habit: [
      'reading two books at once',
      'leaving books unfinished',
      'writing in the margins',
      'rereading',
      'skipping ahead',
    ],
  },
  stories: [
    {
      title: 'Recommend me {genre} {mood}',
      opening:
        'I am looking for {genre}, something {mood}. The obvious suggestions I have probably read already.',
    },
    {
      title: 'In defence of {habit}',
      opening:
        'I used to feel guilty about {habit}. Then I noticed that I read twice as much since I let myself do it.',
    },
    {
      title: 'Book club notes: {genre} divided us',
      opening:
        'We were seven, we read {genre}, and there were eight opinions. Best evening since we started.',
    },
    {
      title: 'The library has a new shelf: “{mood}”',
      opening:
        'Somebody at the branch library made a small shelf labelled “{mood}”, and the first thing I took was {genre}.',
    },
    {
      title: 'How do you feel about {habit}?',
      opening:
        'Friendly argument at home about {habit}. One of us thinks it is a crime, the other does it with {genre} right now.',
    },
    {
      title: 'Finished {genre} at last, and I miss it',
      opening:
        'It took me all winter to get through {genre}. It was not easy and not always fun, and now there is a gap.',
    },
  ],
  details: [
    'The translation matters more than I thought, so compare a page before you buy.',
    'The first sixty pages are slow and then you forget to eat.',
    'I listened to half of it while doing the dishes, which suits it.',
    'The ending is fair, and that is all I will say.',
    'My copy was from the free shelf and had a train ticket from 1987 in it.',
    'I copied three sentences out by hand, a thing I had not done since school.',
    'There is a map at the front, always a good sign.',
    'Nobody in it behaves well, and yet I cared.',
    'It is under two hundred pages, so you lose little by trying.',
  ],
  closings: [
    'What are you reading this week?',
    'My copy is free to whoever asks first.',
    'No spoilers in the replies, please.',
    'Convince me otherwise.',
    'Next meeting is on Thursday, newcomers welcome.',
  ],
};
