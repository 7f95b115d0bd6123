import { join } from 'node:path';
import { schemas, type SchemaName } from '@agora/database/provision';
import { StackError } from '../machine/stack-error.js';

export const services = schemas;
/** In the order in which they start; they stop in reverse. */
export const processes = [...services, 'gateway'] as const;

export type ServiceName = SchemaName;
export type ProcessName = (typeof processes)[number];

export interface Ports {
  /** What clients and other services call. */
  port: number;
  /** Health, metrics and what services ask each other. */
  internalPort: number;
}

/** The gateway 8000 and 9000, the services from 8001 and 9001 on. */
function usualPorts(name: ProcessName): Ports {
  const place = name === 'gateway' ? 0 : services.indexOf(name) + 1;
  return { port: 8000 + place, internalPort: 9000 + place };
}

/** A value for every process, by its name. */
export const forEachProcess = <Value>(valueOf: (name: ProcessName) => Value): Record<ProcessName, Value> =>
  Object.fromEntries(processes.map((name) => [name, valueOf(name)])) as Record<ProcessName, Value>;

/** The same for every service. */
export const forEachService = <Value>(valueOf: (name: ServiceName) => Value): Record<ServiceName, Value> =>
  Object.fromEntries(services.map((name) => [name, valueOf(name)])) as Record<ServiceName, Value>;

/** The ports of every process: the usual ones, moved by `PORT_OFFSET`, or what `AUTH_PORT`, `AUTH_INTERNAL_PORT`, `GATEWAY_PORT`, … say. */
export function portsFrom(environment: NodeJS.ProcessEnv): Record<ProcessName, Ports> {
  const portsOf = (name: ProcessName): Ports => ({
    port: readPort(environment, portVariable(name, 'port'), usualPorts(name).port),
    internalPort: readPort(environment, portVariable(name, 'internalPort'), usualPorts(name).internalPort),
  });
  return forEachProcess(portsOf);
}

/** Where the mailbox takes mail in, and where it shows it. */
export interface MailboxPorts {
  port: number;
  smtpPort: number;
}

/** 8025 and 1025, moved by `PORT_OFFSET`, or what `MAILBOX_PORT` and `MAILBOX_SMTP_PORT` say. */
export const mailboxPortsFrom = (environment: NodeJS.ProcessEnv): MailboxPorts => ({
  port: readPort(environment, 'MAILBOX_PORT', 8025),
  smtpPort: readPort(environment, 'MAILBOX_SMTP_PORT', 1025),
});

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

/** The compiled entry point of the mailbox, below `root`. */
export function mailboxEntryPoint(root: string): string {
  return join(root, 'tools', 'mailbox', 'dist', 'main.js');
}

/** The compiled operators' commands of a service, below `root`; the first argument says which. */
export function operateScript(root: string, name: ServiceName): string {
  return join(root, 'services', name, 'dist', 'operate.js');
}

/** The compiled list of a service's migrations, below `root`. */
export function migrationList(root: string, name: ServiceName): string {
  return join(root, 'services', name, 'dist', 'migrations.js');
}

export function isProcessName(name: string): name is ProcessName {
  return (processes as readonly string[]).includes(name);
}

export function isServiceName(name: string): name is ServiceName {
  return (services as readonly string[]).includes(name);
}

function readPort(environment: NodeJS.ProcessEnv, variable: string, usual: number): number {
  const value = environment[variable] || String(usual + readOffset(environment));
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new StackError(`${variable}=${value} is not a port number (1–65535).`);
  return port;
}

/** How far all ports are moved, so that a second checkout can run beside the first. */
function readOffset({ PORT_OFFSET: value = '0' }: NodeJS.ProcessEnv): number {
  const offset = Number(value);
  if (!Number.isInteger(offset) || offset < 0)
    throw new StackError(`PORT_OFFSET=${value} is not a whole number from 0 on.`);
  return offset;
}
