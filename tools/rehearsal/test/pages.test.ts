import { describe, expect, it } from '@jest/globals';
import { complaintAbout } from '../src/check-form.js';
import { commandsOf, pages } from '../src/page-commands.js';
import { gapsOf } from '../src/rehearsal.js';
import { rehearsals } from '../src/rehearsals/rehearsals.js';

describe.each(pages)('%s', (page) => {
  const rehearsal = rehearsals[page];

  it('is rehearsed by `npm run rehearse`, command by command, or says why not', () => {
    expect(rehearsal).toBeDefined();
    expect(rehearsal && gapsOf(rehearsal, commandsOf(page))).toEqual([]);
  });

  it('names what there is in deploy/, where it is for a deployment', () => {
    const commands = Object.entries(rehearsal?.commands ?? {}).filter(([, step]) => 'form' in step);
    expect(commands.flatMap(([command]) => complaintAbout(command) ?? [])).toEqual([]);
  });
});

it('rehearses no missing page', () => {
  expect(Object.keys(rehearsals).filter((page) => !pages.includes(page))).toEqual([]);
});

it.each([
  ['kubectl create job --from=cronjob/audit-comments x', /no cronjob audit-comments/],
  ['kubectl drain node', /no verb/],
  ['kubectl get pods --watchful', /--watchful/],
  ['docker compose run --rm comments x', /no service comments/],
  ['docker compose run --rm votes services/votes/dist/x-command.js', /does not exist/],
])('finds what is wrong with %s', (command, complaint) => {
  expect(complaintAbout(command)).toMatch(complaint);
});
