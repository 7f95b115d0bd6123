import { expect, it } from '@jest/globals';
import { policiesOfAddress } from '../../src/limits/policies.js';
import type { Route } from '../../src/routes.js';

it('has a limit of its own for refreshing', () => {
  const refresh: Route = { method: 'POST', path: '/refresh', service: 'auth', access: 'anyone', reads: [] };
  expect(policiesOfAddress(refresh)).toEqual(['address', 'refresh']);
});
