import { expect, it } from '@jest/globals';
import { allFaults } from '../src/faults/inject-faults.js';
import { groups } from '../src/report/tabulate-faults.js';

it('tells of every kind of fault once in the table for documents', () => {
  const told = groups.flatMap(([, kinds]) => kinds);
  expect(told.toSorted()).toEqual(allFaults.map(({ kind }) => kind).toSorted());
});
