import { afterAll, describe, expect, it } from '@jest/globals';
import { deletionModel } from './deletion.ts';
import { deliveryModel } from './delivery.ts';
import { explore, type Exploration } from './explore.ts';
import { leaseModel } from './lease.ts';

/** Each wrong variant, what it breaks, and the fewest steps in which it does. */
const wrong: [variant: string, explored: () => Exploration, problem: string, steps: number][] = [
  ['dual write', () => explore(deliveryModel('dual write')), 'a committed change is never heard of', 3],
  [
    'mark before publish',
    () => explore(deliveryModel('mark before publish')),
    'a committed change is never heard of',
    5,
  ],
  [
    'ack before commit',
    () => explore(deliveryModel('ack before commit')),
    'a committed change is never heard of',
    8,
  ],
  ['no inbox', () => explore(deliveryModel('no inbox')), 'an event was applied twice', 9],
  [
    'cursor polling',
    () => explore(deliveryModel('cursor polling')),
    'a committed change is never heard of',
    10,
  ],
  [
    'no republish after a wiped stream',
    () => explore(deliveryModel('no republish after a wiped stream')),
    'a committed change is never heard of',
    7,
  ],
  [
    'no row lock on the tombstone',
    () => explore(deletionModel('no row lock on the tombstone')),
    'a vote is left on a deleted post',
    5,
  ],
  [
    'a lock without an end',
    () => explore(leaseModel('a lock without an end')),
    'a committed change is never heard of',
    2,
  ],
  [
    'a lease without fencing',
    () => explore(leaseModel('a lease without fencing')),
    'a committed change is never heard of',
    13,
  ],
];

const printed: string[] = [];
afterAll(() => void process.stdout.write(`${printed.join('\n')}\n`));

describe('the design', () => {
  it('applies each committed change once, whatever fails', () => {
    const { states, counterexample } = explore(deliveryModel());
    expect(counterexample).toBeUndefined();
    printed.push(`delivery: holds in all ${states} states`);
    // A model in which little can happen proves little.
    expect(states).toBeGreaterThan(10_000);
  });

  it('leaves no vote on a deleted post', () => {
    const { states, counterexample } = explore(deletionModel());
    expect(counterexample).toBeUndefined();
    printed.push(`deletion: holds in all ${states} states`);
  });

  it('publishes again what a stream has lost, whichever relay freezes or wakes up meanwhile', () => {
    const { states, counterexample } = explore(leaseModel());
    expect(counterexample).toBeUndefined();
    printed.push(`lease: holds in all ${states} states`);
    expect(states).toBeGreaterThan(300);
  });
});

describe('a wrong variant', () => {
  it.each(wrong)('%s is caught', (variant, explored, problem, length) => {
    const { counterexample } = explored();
    expect(counterexample?.problem).toBe(problem);
    const steps = counterexample?.steps ?? [];
    printed.push(`${variant}: ${problem}`, ...steps.map((step, index) => `  ${index + 1}. ${step}`));
    expect(steps).toHaveLength(length);
  });
});
