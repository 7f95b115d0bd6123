import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { checkout } from '@agora/local-stack';
import { measures } from '../src/measures/measures.js';
import type { Report } from '../src/run-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The dearest, with least of their own to break: one starts a whole `npm start`, as others of the tests do, one runs commands for minutes. */
const leftOut = new Set(['start', 'extremes']);

/** Runs a script to its end. */
function run(command: string[], env: NodeJS.ProcessEnv): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

it('takes every measure without an error', async () => {
  const names = measures.map(({ name }) => name).filter((name) => !leftOut.has(name));
  const out = join(folder, 'report.json');
  const only = names.flatMap((name) => ['--only', name]);
  const command = [join(checkout, 'tools/bench/dist/main.js'), '--smoke', ...only, '--out', out];
  // It would else end with a parent that is not its own.
  const env = { ...process.env, AGORA_PARENT: '' };
  const { code, output } = await run(command, env);
  if (code !== 0) throw new Error(output);
  expect(output).not.toContain('INVALID');

  const report = JSON.parse(readFileSync(out, 'utf8')) as Report;
  expect(report.measures.map(({ name }) => name)).toEqual(names);
  const figures = report.measures.flatMap((measure) => measure.figures);
  expect(figures.filter(({ value, invalid }) => !Number.isFinite(value) || invalid)).toEqual([]);
  expect(readFileSync(out.replace('.json', '.svg'), 'utf8')).toContain('</svg>');
}, 300_000);
