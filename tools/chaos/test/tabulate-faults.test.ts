import { expect, it } from '@jest/globals';
import { lossyFailover } from '../src/cluster/fail-over-with-loss.js';
import { elasticKinds } from '../src/elastic/come-and-go.js';
import { allFaults, clusterFaults } from '../src/faults/inject-faults.js';
import { groups } from '../src/report/tabulate-faults.js';

it('lists every kind of fault once in the table for documents', () => {
  const told = groups.flatMap(([, kinds]) => kinds);
  const kinds = [...allFaults, ...clusterFaults].map(({ kind }) => kind);
  expect(told.toSorted()).toEqual([...kinds, lossyFailover, ...elasticKinds].toSorted());
});
