import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Whether the process `pid` lives and was started with exactly `argument` among its arguments. Numbers are given again
 * after a restart of the machine, so no process is ended on the word of a number alone.
 */
export function runsWith(pid: number, argument: string): boolean {
  return process.platform === 'linux'
    ? linuxArguments(pid).includes(argument)
    : commandLine(pid).includes(argument);
}

/** The short name of the process `pid`, or undefined when it is gone or not ours to see. */
export function nameOf(pid: number): string | undefined {
  const [command] = process.platform === 'linux' ? linuxArguments(pid) : commandLine(pid).split(' ');
  return command?.split('/').pop() || undefined;
}

/** The argument that identifies this process, which runs the script at `path`, from outside. */
export function ownArgument(path: string): string {
  return linuxArguments(process.pid).find((argument) => resolve(argument) === path) ?? path;
}

// A zombie has no arguments left: it has ended, but its parent has not waited for it yet.
function linuxArguments(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

function commandLine(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
