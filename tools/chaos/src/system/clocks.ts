import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackageWithApt } from '@agora/local-stack';

/** Where Debian and Ubuntu put the library, by architecture. */
const libraries = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);

/** The path of libfaketime, which is installed where apt-get can; undefined where it cannot be had. */
export async function findFaketime(announce: (line: string) => void): Promise<string | undefined> {
  const find = () => libraries.find((path) => existsSync(path));
  if (!find()) await installPackageWithApt('libfaketime', announce);
  return find();
}

/** What a process is started with so that the clock it reads can be stepped by writing to a file. */
export interface SteppableClock {
  env: NodeJS.ProcessEnv;
  file: string;
}

/** Prepares the clock of one process, which is right until it is stepped. Timers and durations go by the monotonic clock, which stays as it is. */
export function steppableClock(library: string, folder: string, label: string): SteppableClock {
  const file = join(folder, `clock-${label}`);
  writeFileSync(file, offsetOf(0));
  return {
    file,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_CACHE_DURATION: '1',
    },
  };
}

/** An offset in the form that libfaketime reads. */
export const offsetOf = (seconds: number): string => `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s\n`;
