import type { Rate } from '@agora/process';
import type { Route } from '../routes.js';

/** What is counted: by address where nobody is logged in, else by user. The names are shown to clients. */
export const policyNames = ['address', 'login', 'registration', 'refresh', 'user', 'writes'] as const;
export type PolicyName = (typeof policyNames)[number];

/** Those that count what a request costs (`cost.ts`) and not just that it came. */
export const weighing: ReadonlySet<PolicyName> = new Set<PolicyName>(['address', 'user']);

/** How many requests, or points, each policy allows. */
export type Rates = Record<PolicyName, Rate>;

const stricter = new Map<string, PolicyName>([
  ['POST /login', 'login'],
  ['POST /users', 'registration'],
  ['POST /refresh', 'refresh'],
]);

/** The policies that count a request by its address. */
export function policiesOfAddress({ method, path }: Route): PolicyName[] {
  // Load balancers ask often, and a 429 would mean to them that the gateway is down.
  if (path === '/health') return [];
  const named = stricter.get(`${method} ${path}`);
  return named ? ['address', named] : ['address'];
}

/** The policies that count a request by its user. */
export const policiesOfUser = ({ method }: Route): PolicyName[] =>
  method === 'GET' ? ['user'] : ['user', 'writes'];
