import type { Bench } from '../../bench.js';
import { markdownTable } from '../../report/markdown.js';
import {
  batchSize,
  openTables,
  passDay,
  ways,
  type Day,
  type Tables,
  type Way,
} from '../../scale/event-tables.js';
import { makeDatabase } from '../../system/databases.js';
import { atMost, type Measure } from '../measure.js';

/** The last third counts: by then outbox and inbox, which keep 7 and 30 days, no longer grow. */
const days = 45;

/** Runs both ways in turn, day by day. */
async function passDays(bench: Bench, count: number): Promise<Record<Way, Day[]>> {
  const passed: Record<Way, Day[]> = { rows: [], partitions: [] };
  const all: Tables[] = [];
  try {
    for (const way of ways)
      all.push(await openTables(await makeDatabase(bench.servers, `bench_${way}`), way));
    for (let place = 1; place <= days; place += 1) {
      for (const tables of all) {
        bench.signal.throwIfAborted();
        passed[tables.way].push(await passDay(tables, days - place, count));
      }
      if (place % 5 === 0) bench.announce(`${place} of ${days} days of ${count} events …`);
    }
    return passed;
  } finally {
    await Promise.all(all.map(({ client }) => client.end()));
  }
}

export const retention: Measure = {
  name: 'retention',
  isExtra: true,
  about:
    '10,000,000 events (fewer with a --scale below 1) through outbox and inbox in 45 days, of which 7 and 30 are kept: rows deleted or partitions dropped',
  async take(bench) {
    const count = Math.max(batchSize, Math.round((10_000_000 * Math.min(1, bench.options.scale)) / days));
    const passed = await passDays(bench, count);
    const late = (way: Way) => passed[way].slice(-days / 3);
    const perEvent = (way: Way, of: (day: Day) => number) =>
      late(way).reduce((sum, day) => sum + of(day), 0) / late(way).length / count;
    const most = (way: Way, of: (day: Day) => number) => Math.max(...late(way).map(of));
    const all = (day: Day) => day.writing + day.retiring + day.vacuuming;
    const rows: [what: string, unit: string, of: (way: Way) => number][] = [
      [
        'PostgreSQL’s CPU to add, mark and apply an event',
        'µs',
        (way) => perEvent(way, (day) => day.writing),
      ],
      ['the same, to delete an expired event', 'µs', (way) => perEvent(way, (day) => day.retiring)],
      ['the same, to vacuum', 'µs', (way) => perEvent(way, (day) => day.vacuuming)],
      ['all of that', 'µs', (way) => perEvent(way, all)],
      ['write-ahead log of an event', 'bytes', (way) => perEvent(way, (day) => day.logged)],
      ['tables and indexes at their largest', 'MB', (way) => most(way, (day) => day.bytes) / 1e6],
      ['dead rows of a day, before vacuum', '', (way) => most(way, (day) => day.dead)],
    ];
    const shown = (value: number) =>
      value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
    return {
      figures: rows.slice(0, 6).map(([name, , of]) => ({
        name: `${name}: partitions over rows`,
        value: of('partitions') / of('rows'),
        unit: '×',
        target: atMost(1),
      })),
      rounds: [],
      notes: [`${count * days} events each way`],
      markdown: markdownTable([
        [`${(count * days).toLocaleString('en')} events`, 'rows deleted', 'partitions dropped', ''],
        ...rows.map(([what, unit, of]) =>
          [what].concat(
            ways.map((way) => `${shown(of(way))} ${unit}`.trim()),
            `${(of('partitions') / of('rows')).toFixed(2)}×`,
          ),
        ),
      ]),
    };
  },
};
