import { collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';
import { within } from './loops.js';

export { Counter, Gauge, Histogram } from 'prom-client';

collectDefaultMetrics();

const requests = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Seconds from the first byte of a request to the last of its answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});

/** Counts one answered request. */
export const observeRequest = (labels: { method: string; route: string; status: number }, seconds: number) =>
  requests.observe(labels, seconds);

/** A metric that is read at each scrape, and left out when it is undefined. */
export const measure = (
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): Gauge =>
  new Gauge({
    name,
    help,
    async collect() {
      const value = await read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });

/**
 * Gauges that are read together at each scrape: the help of each by its name, and its value in what `read` resolves to. They are left out while there is
 * none, as `atScrape` says.
 */
export function measureRow<Row>(
  read: () => Promise<Row | undefined>,
  gauges: Record<string, [help: string, valueOf: (row: Row) => number]>,
): void {
  const row = atScrape(read);
  for (const [name, [help, valueOf]] of Object.entries(gauges))
    measure(name, help, async () => {
      const found = await row();
      return found && valueOf(found);
    });
}

const patienceMilliseconds = 500;

/**
 * Makes the function that metrics call at a scrape: what `ask` resolves to, at most `freshMilliseconds` old; undefined when it fails or takes more than half
 * a second, so that an unavailable dependency delays no scrape. Concurrent calls share one question.
 */
export function atScrape<Answer>(
  ask: () => Promise<Answer>,
  freshMilliseconds = 1_000,
): () => Promise<Answer | undefined> {
  let last: { at: number; answer: Promise<Answer | undefined> } | undefined;
  let isAsking = false;
  return () => {
    if (!last || (!isAsking && performance.now() - last.at > freshMilliseconds)) {
      isAsking = true;
      const answer = ask()
        .catch(() => undefined)
        .finally(() => (isAsking = false));
      last = { at: performance.now(), answer };
    }
    return within(patienceMilliseconds, last.answer);
  };
}

/** All metrics of the process in the Prometheus text format. */
export const renderMetrics = async (): Promise<{ contentType: string; body: string }> => ({
  contentType: register.contentType,
  body: await register.metrics(),
});
