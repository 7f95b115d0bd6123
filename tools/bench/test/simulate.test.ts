import { describe, expect, it } from '@jest/globals';
import { simulate, type Model } from '../src/capacity/simulate.js';
import { clusterModel, deploymentFor } from '../src/capacity/system.js';

const oneStation = (perSecond: number, servers = 1): Model => ({
  stations: { only: { servers } },
  flows: { all: { arrivals: { perSecond }, visits: [{ station: 'only', micros: 1_000 }] } },
});

describe('the simulation', () => {
  it('answers what comes, and is busy for as long as it takes', () => {
    const { flows, busy } = simulate(oneStation(500), 60);
    expect(flows['all']?.perSecond).toBeCloseTo(500, -1.5);
    expect(busy['only']).toBeCloseTo(0.5, 1);
    // Pollaczek and Khinchine: at half use 1.54 ms on average where work takes 1 ms, more or less a half.
    expect(flows['all']?.p50).toBeGreaterThan(1);
    expect(flows['all']?.p99).toBeGreaterThan(2 * (flows['all']?.p50 ?? NaN));
  });

  it('does no more than its servers can, and has queues that grow', () => {
    const { flows, busy } = simulate(oneStation(2_000), 20);
    expect(flows['all']?.perSecond).toBeCloseTo(1_000, -2);
    expect(busy['only']).toBeCloseTo(1, 1);
    expect(flows['all']?.p99).toBeGreaterThan(5_000);
  });

  it('shares the cores of a machine, and has the same result for the same seed', () => {
    const model: Model = {
      machines: { box: 2 },
      stations: Object.fromEntries(
        ['one', 'two', 'three'].map((name) => [name, { servers: 1, machine: 'box' }]),
      ),
      flows: {
        all: {
          arrivals: { clients: 16 },
          visits: ['one', 'two', 'three'].map((station) => ({ station, micros: 100 })),
        },
      },
    };
    const { flows } = simulate(model, 2);
    // Three times 100 µs of two cores.
    expect((flows['all']?.perSecond ?? 0) / (2e6 / 300)).toBeCloseTo(1, 1);
    expect(simulate(model, 2)).toEqual(simulate(model, 2));
    expect(simulate(model, 2, 2)).not.toEqual(simulate(model, 2, 1));
  });

  it('says of a deployment for a hundred million users that no part of it is full, and of one partition that votes wait for ever', () => {
    const costs = {
      read: { gateway: 100, posts: 80, postgres: 50 },
      vote: { gateway: 180, posts: 90, votes: 220, postgres: 400 },
    };
    const deployment = deploymentFor(100_000_000, costs);
    const busy = (partitions: number) =>
      Object.values(simulate(clusterModel(100_000_000, costs, { ...deployment, partitions }), 2).busy);
    expect(Math.max(...busy(deployment.partitions))).toBeLessThan(0.75);
    expect(Math.max(...busy(1))).toBeGreaterThan(0.95);
  });
});
