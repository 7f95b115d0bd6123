import { isFree } from './free-port.js';
import { portOwner } from './port-owner.js';
import { StackError } from './stack-error.js';
import { portVariable, type MailboxPorts, type Ports, type ProcessName } from '../stack/topology.js';

interface Wanted {
  what: string;
  variable: string;
  port: number;
}

/** Throws a StackError that names the process on a port that Agora or the mailbox needs, and how to use another port. */
export async function checkPorts(
  names: readonly ProcessName[],
  ports: Record<ProcessName, Ports>,
  mailbox?: MailboxPorts,
): Promise<void> {
  const wanted = [
    ...names.flatMap((name) => portsOf(name, ports[name])),
    ...(mailbox ? portsOfMailbox(mailbox) : []),
  ];
  const twice = wanted.find(({ port }, index) => wanted.findIndex((other) => other.port === port) !== index);
  if (twice) throw new StackError(`Port ${twice.port} is wanted twice; change ${twice.variable}.`);
  for (const { what, variable, port } of wanted) {
    if (await isFree(port)) continue;
    throw new StackError(
      `Port ${port} (${what}) is taken by ${portOwner(port)}. Stop it, or use another port: ${variable}=${port + 100} npm start (PORT_OFFSET=100 moves all ports)`,
    );
  }
}

const portsOf = (name: ProcessName, { port, internalPort }: Ports): Wanted[] => [
  { what: name, variable: portVariable(name, 'port'), port },
  { what: `${name}'s internal port`, variable: portVariable(name, 'internalPort'), port: internalPort },
];

const portsOfMailbox = ({ port, smtpPort }: MailboxPorts): Wanted[] => [
  { what: 'the page of the mailbox', variable: 'MAILBOX_PORT', port },
  { what: 'the SMTP server of the mailbox', variable: 'MAILBOX_SMTP_PORT', port: smtpPort },
];
