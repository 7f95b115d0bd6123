import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';

const sizeLimit = 20 * 1024 * 1024;

/** Opens a log for appending, emptied first when it has grown past 20 MB; `from` is where this run's part begins. */
export function openLog(path: string): { descriptor: number; from: number } {
  if (existsSync(path) && statSync(path).size > sizeLimit) truncateSync(path);
  const descriptor = openSync(path, 'a', 0o600);
  chmodSync(path, 0o600);
  return { descriptor, from: fstatSync(descriptor).size };
}

/** The last `count` lines written to the log at `path` since the position `from`. */
export function lastLines(path: string, from = 0, count = 8): string {
  const descriptor = openSync(path, 'r');
  try {
    const end = fstatSync(descriptor).size;
    const start = Math.max(from, end - 8192);
    const buffer = Buffer.alloc(Math.max(0, end - start));
    readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
  } finally {
    closeSync(descriptor);
  }
}
