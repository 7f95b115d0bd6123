import type { ServiceName } from '@agora/local-stack';
import { emailOf } from '../../data/seed.js';
import type { Growth } from '../cases/case.js';

/** An operator's command as one service runs it. */
export interface Command {
  service: ServiceName;
  operation: string;
  args: string[];
  growth?: Growth;
}

const ofEach = (services: ServiceName[], operation: string, args: string[], growth?: Growth): Command[] =>
  services.map((service) => ({ service, operation, args, ...(growth && { growth }) }));
const everybody: ServiceName[] = ['auth', 'posts', 'votes'];

export const commands: readonly Command[] = [
  ...ofEach(everybody, 'outbox', ['status']),
  ...ofEach(['posts', 'votes'], 'dead-letters', ['list']),
  ...ofEach(['posts', 'votes'], 'quarantine', ['list']),
  ...ofEach(['auth'], 'mails', ['list']),
  ...ofEach(['auth'], 'accounts', ['list']),
  ...ofEach(['auth'], 'accounts', ['list', 'zzyzx']),
  ...ofEach(['auth'], 'accounts', ['show', emailOf(42)]),
  ...ofEach(everybody, 'migrate', ['status']),
  ...ofEach(['auth'], 'keys', ['list']),
  ...ofEach(['votes'], 'streams', ['status']),
  ...ofEach(['posts', 'votes'], 'audit', ['--wait', '1'], 'grows'),
  ...ofEach(['posts', 'votes'], 'projections', ['rebuild'], 'grows'),
];

export const nameOf = ({ operation, args }: Command): string => `npm run ${operation} -- ${args.join(' ')}`;
