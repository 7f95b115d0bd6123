import type { Theme } from './theme.js';

export const programming: Theme = {
  slots: {
    tool: [
      'SQLite',
      'a single bash script',
      'Postgres',
      'a spreadsheet',
      'a message queue',
      'plain HTML',
      'cron',
      'Rust',
    ],
    task: [
      'our club’s membership list',
      'the bakery’s orders',
      'my weather station',
      'a photo archive',
      'a bus timetable',
      'invoices',
    ],
    bug: [
      'a time zone',
      'an off-by-one',
      'a full disk',
      'an emoji in a surname',
      'a cache nobody remembered',
      'a retry loop',
    ],
  },
  stories: [
    {
      title: 'Replaced everything with {tool} and nobody noticed',
      opening:
        'For years {task} ran on four services and hope. Last month I moved it to {tool} over a weekend.',
    },
    {
      title: 'The bug was {bug}. It is always {bug}.',
      opening: 'Three evenings of staring at {task}, two wrong theories, and in the end it was {bug}.',
    },
    {
      title: 'Would you use {tool} for {task}?',
      opening: 'Small thing, forty users, no budget: {task}. I am leaning towards {tool}. Talk me out of it.',
    },
    {
      title: 'What I wish I had known about {tool} a year ago',
      opening:
        'I have used {tool} for {task} for a year now. It is good, and here is what the tutorials leave out.',
    },
    {
      title: 'Post-mortem of a hobby project: {bug} took it down',
      opening:
        'On Sunday {task} was gone for six hours because of {bug}. Nobody was harmed, so let us enjoy the details.',
    },
    {
      title: 'Teaching my nephew to code with {task}',
      opening:
        'We skipped the games and started with {task}, because it was a real problem. {tool} turned out to be a fine first tool.',
    },
  ],
  details: [
    'It handles about two requests a minute, so performance was never the question.',
    'The backup is a copy on a stick in a drawer, and yes, I have tried restoring it.',
    'I deleted 1,900 lines and added 140.',
    'The tests found it, but only after I read what they said.',
    'A log line with the right number in it would have saved me two days.',
    'The documentation is good if you start at the end.',
    'It runs on a laptop without a screen, under the stairs.',
    'I wrote the runbook first, which felt silly and was not.',
    'No framework was harmed, because none was there.',
  ],
  closings: [
    'Source on request, no judging.',
    'How do you do this?',
    'Ask me again in a year.',
    'What did I miss?',
    'The boring choice keeps winning for me.',
  ],
};
