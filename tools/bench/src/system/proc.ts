import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** The CPU time that each of the processes has used, in microseconds, user and system; of those that are gone none. */
export function cpuTimes(pids: readonly number[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const pid of pids) {
    const time = scheduledTime(pid) ?? tickedTime(pid);
    if (Number.isFinite(time)) times.set(pid, time);
  }
  return times;
}

/** Of its threads, to the nanosecond; undefined where the kernel was built without. */
function scheduledTime(pid: number): number | undefined {
  if (!existsSync(`/proc/${pid}/schedstat`)) return undefined;
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000;
}

/** In steps of 10 ms (`getconf CLK_TCK` is 100 everywhere): utime and stime, the 12th and 13th field after the name in parentheses. */
function tickedTime(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** The CPU time in microseconds of a process, of its children that have ended, and of those that run. */
export function familyTime(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) * 10_000;
  return [...cpuTimes(familyOf(pid)).values()].reduce((sum, time) => sum + time, ended);
}

/** What was used between two looks, in microseconds. */
export const cpuBetween = (before: Map<number, number>, after: Map<number, number>): number =>
  [...after].reduce((sum, [pid, time]) => sum + time - (before.get(pid) ?? 0), 0);

/** A process and those that it started, such as the backends of PostgreSQL. */
export const familyOf = (pid: number): number[] => [
  pid,
  ...read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number),
];

/** The resident memory of a process in MB (10⁶ bytes). */
export const residentMegabytes = (pid: number): number =>
  (Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1]) * 1_024) / 1_000_000;

/** The most that a process had of it; NaN when it is gone. */
export const peakMegabytes = (pid: number): number =>
  (Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1]) * 1_024) / 1_000_000;

/** Empty when it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
