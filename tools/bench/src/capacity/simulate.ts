import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { quantile } from '../report/statistics.js';

/** A process, a server or a disk: a number of jobs at once, the others queue in order. */
export interface Station {
  servers: number;
  /** The machine whose cores the station shares with others; a network or a disk has none. */
  machine?: string;
}

/** Work at a station, in microseconds on average. */
export interface Visit {
  station: string;
  micros: number;
  /** Whether all that waits there like it is done in one go, and none of it before the rest: a turn of an event loop, a statement for many. */
  together?: boolean;
}

export interface Flow {
  /** What a client waits for, one after the other. */
  visits: readonly Visit[];
  /** What follows its answer. */
  afterwards?: readonly Visit[];
  /** A number of clients, each of which sends its next request after an answer; or a number of requests per second, whatever the answers take. */
  arrivals: { clients: number } | { perSecond: number };
}

export interface Model {
  stations: Readonly<Record<string, Station>>;
  /** Cores of each machine that stations share. */
  machines?: Readonly<Record<string, number>>;
  flows: Readonly<Record<string, Flow>>;
}

/** What became of a flow; times are in milliseconds. */
interface FlowResult {
  perSecond: number;
  p50: number;
  p99: number;
  /** Until all that follows was done. */
  settledP99: number;
}

export interface Simulation {
  flows: Record<string, FlowResult>;
  /** The part of their time that the servers of each station were busy. */
  busy: Record<string, number>;
}

interface Job {
  flow: string;
  started: number;
  step: number;
}

interface Queue extends Station {
  waiting: { job: Job; visit: Visit }[];
  taken: number;
  busyMicros: number;
}

/**
 * Runs a model for some seconds of simulated time; the first fifth is not counted. Work takes between half and one and a half of its average, arrivals
 * come at random, and the same seed has the same result.
 */
export function simulate({ stations, machines = {}, flows }: Model, seconds: number, seed = 1): Simulation {
  const generator = xoroshiro128plus(seed);
  const random = () => uniformFloat64(generator);
  const queues = new Map(
    Object.entries(stations).map(([name, station]): [string, Queue] => [
      name,
      { ...station, waiting: [], taken: 0, busyMicros: 0 },
    ]),
  );
  const cores = new Map(Object.entries(machines));
  const times = new Map(
    Object.keys(flows).map((name) => [name, { answered: [] as number[], settled: [] as number[] }]),
  );
  const [end, from] = [seconds * 1e6, seconds * 2e5];
  const events: { at: number; happen: () => void }[] = [];
  let now = 0;

  const schedule = (at: number, happen: () => void) => {
    let [low, high] = [0, events.length];
    // The next is last.
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, { at, happen });
  };

  const start = (queue: Queue) => {
    while (queue.waiting.length > 0 && queue.taken < queue.servers) {
      const free = queue.machine === undefined ? 1 : (cores.get(queue.machine) ?? 0);
      if (free === 0) return;
      const [next] = queue.waiting;
      if (!next) return;
      const group = next.visit.together ? queue.waiting.filter(({ visit }) => visit.together) : [next];
      if (group.length === 1) queue.waiting.shift();
      else queue.waiting = queue.waiting.filter(({ visit }) => !visit.together);
      const micros = group.reduce((sum, { visit }) => sum + visit.micros * (0.5 + random()), 0);
      queue.taken += 1;
      if (queue.machine !== undefined) cores.set(queue.machine, free - 1);
      schedule(now + micros, () => {
        queue.taken -= 1;
        if (now > from) queue.busyMicros += micros;
        if (queue.machine !== undefined) cores.set(queue.machine, (cores.get(queue.machine) ?? 0) + 1);
        for (const { job } of group) advance(job);
        if (queue.machine === undefined) return start(queue);
        // The scheduler is fair; to begin with another one each time is fair on average.
        const neighbours = [...queues.values()].filter(({ machine }) => machine === queue.machine);
        const first = Math.floor(random() * neighbours.length);
        for (const neighbour of [...neighbours.slice(first), ...neighbours.slice(0, first)]) start(neighbour);
      });
    }
  };

  const advance = (job: Job) => {
    const flow = flows[job.flow];
    const found = times.get(job.flow);
    if (!flow || !found) return;
    const { visits, afterwards = [], arrivals } = flow;
    if (job.step === visits.length) {
      if (now > from) found.answered.push(now - job.started);
      if ('clients' in arrivals) begin(job.flow);
    }
    const visit = visits[job.step] ?? afterwards[job.step - visits.length];
    if (!visit) {
      if (now > from) found.settled.push(now - job.started);
      return;
    }
    job.step += 1;
    const queue = queues.get(visit.station);
    if (!queue) throw new Error(`no station is named "${visit.station}"`);
    queue.waiting.push({ job, visit });
    start(queue);
  };

  const begin = (flow: string) => advance({ flow, started: now, step: 0 });
  const arrive = (flow: string, perSecond: number) => {
    schedule(now - (Math.log(1 - random()) * 1e6) / perSecond, () => {
      arrive(flow, perSecond);
      begin(flow);
    });
  };
  for (const [name, { arrivals }] of Object.entries(flows)) {
    if ('clients' in arrivals) for (let client = 0; client < arrivals.clients; client += 1) begin(name);
    else arrive(name, arrivals.perSecond);
  }
  for (let event = events.pop(); event && event.at < end; event = events.pop()) {
    now = event.at;
    event.happen();
  }

  const counted = end - from;
  return {
    flows: Object.fromEntries(
      Array.from(times, ([name, { answered, settled }]) => [
        name,
        {
          perSecond: answered.length / (counted / 1e6),
          p50: quantile(answered, 0.5) / 1_000,
          p99: quantile(answered, 0.99) / 1_000,
          settledP99: quantile(settled, 0.99) / 1_000,
        },
      ]),
    ),
    busy: Object.fromEntries(
      Array.from(queues, ([name, queue]) => [name, queue.busyMicros / counted / queue.servers]),
    ),
  };
}
