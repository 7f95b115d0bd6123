import type { Steps } from '../processes/end-process.js';
import { environmentOf, type StackAddresses } from './environment.js';
import { writeRunRecord } from '../processes/run-record.js';
import { startService, untilReady } from './service-process.js';
import type { ServerProcess } from '../processes/server-process.js';
import type { Start } from './stack-options.js';
import { entryPoint, type ProcessName } from './topology.js';

const endings: Steps = [
  ['SIGTERM', 3000],
  ['SIGKILL', 500],
];

/** Starts the processes of Agora, adds them to the fleet and waits until all are ready. */
export async function startServices(start: Start, addresses: StackAddresses): Promise<void> {
  const started: [ProcessName, ServerProcess][] = [];
  for (const name of start.names) started.push([name, await startMember(start, name, addresses)]);
  const { ports } = addresses;
  await Promise.all(
    started.map(([name, server]) => untilReady(name, ports[name].internalPort, server, start.signal)),
  );
}

async function startMember(
  start: Start,
  name: ProcessName,
  addresses: StackAddresses,
): Promise<ServerProcess> {
  const { layout, fleet, record, watch } = start;
  const launch = async () => {
    const env = environmentOf(name, addresses);
    const server = await startService({ root: layout.root, name, env, logs: layout.logs, watch });
    record.processes[name] = { pid: server.pid, argument: entryPoint(layout.root, name) };
    writeRunRecord(layout.run, record);
    return server;
  };
  const server = await launch();
  fleet.add({ name, process: server, restart: launch, endings, kill: 'SIGKILL' });
  return server;
}
