import { isFree } from './free-port.js';
import { portOwner } from './port-owner.js';
import { StackError } from './stack-error.js';
import { portVariable, type Ports, type ProcessName } from './topology.js';

/** Throws a StackError that says who has a port that one of the processes needs, and how to use another. */
export async function checkPorts(
  names: readonly ProcessName[],
  ports: Record<ProcessName, Ports>,
): Promise<void> {
  const wanted = names.flatMap((name) =>
    (['port', 'internalPort'] as const).map((kind) => ({ name, kind, port: ports[name][kind] })),
  );
  const twice = wanted.find(({ port }, index) => wanted.findIndex((other) => other.port === port) !== index);
  if (twice)
    throw new StackError(
      `Port ${twice.port} is wanted twice; change ${portVariable(twice.name, twice.kind)}.`,
    );
  for (const { name, kind, port } of wanted) {
    if (await isFree(port)) continue;
    const what = kind === 'port' ? name : `${name}'s internal port`;
    throw new StackError(
      `Port ${port} (${what}) is taken by ${portOwner(port)}. Stop it, or use another port: ${portVariable(name, kind)}=${port + 100} npm start`,
    );
  }
}
