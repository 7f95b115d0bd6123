import { join } from 'node:path';
import { StackError } from './stack-error.js';

export const services = ['auth', 'posts', 'votes'] as const;
/** In the order they are started; they are stopped the other way round. */
export const processes = [...services, 'gateway'] as const;

export type ServiceName = (typeof services)[number];
export type ProcessName = (typeof processes)[number];

export interface Ports {
  /** What clients and other services call. */
  port: number;
  /** Health, metrics and what services ask each other. */
  internalPort: number;
}

const usualPorts: Record<ProcessName, Ports> = {
  auth: { port: 8001, internalPort: 9001 },
  posts: { port: 8002, internalPort: 9002 },
  votes: { port: 8003, internalPort: 9003 },
  gateway: { port: 8000, internalPort: 9000 },
};

/** The ports of every process: the usual ones, or what `AUTH_PORT`, `AUTH_INTERNAL_PORT`, `GATEWAY_PORT`, … say. */
export function portsFrom(environment: NodeJS.ProcessEnv): Record<ProcessName, Ports> {
  const portsOf = (name: ProcessName): Ports => ({
    port: readPort(environment, portVariable(name, 'port'), usualPorts[name].port),
    internalPort: readPort(environment, portVariable(name, 'internalPort'), usualPorts[name].internalPort),
  });
  return {
    auth: portsOf('auth'),
    posts: portsOf('posts'),
    votes: portsOf('votes'),
    gateway: portsOf('gateway'),
  };
}

/** The environment variable that changes a port. */
export function portVariable(name: ProcessName, kind: keyof Ports): string {
  return `${name.toUpperCase()}_${kind === 'port' ? 'PORT' : 'INTERNAL_PORT'}`;
}

/** The compiled entry point of a process, below `root`. */
export function entryPoint(root: string, name: ProcessName): string {
  return name === 'gateway'
    ? join(root, 'gateway', 'dist', 'main.js')
    : join(root, 'services', name, 'dist', 'main.js');
}

/** The compiled migration command of a service, below `root`. */
export function migrationCommand(root: string, name: ServiceName): string {
  return join(root, 'services', name, 'dist', 'migrate.js');
}

/** The compiled command of auth that rotates keys, below `root`. */
export function keysCommand(root: string): string {
  return join(root, 'services', 'auth', 'dist', 'keys-command.js');
}

/** The compiled command of a service that its operators run, below `root`. */
export function operationCommand(root: string, name: ServiceName, operation: string): string {
  return join(root, 'services', name, 'dist', `${operation}-command.js`);
}

export function isProcessName(name: string): name is ProcessName {
  return (processes as readonly string[]).includes(name);
}

export function isServiceName(name: string): name is ServiceName {
  return (services as readonly string[]).includes(name);
}

function readPort(environment: NodeJS.ProcessEnv, variable: string, usual: number): number {
  const value = environment[variable];
  if (!value) return usual;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new StackError(`${variable}=${value} is not a port number (1–65535).`);
  return port;
}
