import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Finds the newest answer whose pattern the arguments match; `$JOB` in it is the name of the Job that was sent last. A shell, for it runs often. */
const script = String.raw`#!/usr/bin/env bash
here=${'$'}{0%/*} args=$* input=
args=${'$'}{args/ --namespace agora/}
if [[ $args =~ filename\ -( |$) ]]; then input=$(cat); fi
printf '%s\0%s\0' "$args" "$input" >> "$here/calls"
named='"kind":"Job","metadata":\{"name":"([^"]+)"'
if [[ $input =~ $named ]]; then printf %s "${'$'}{BASH_REMATCH[1]}" > "$here/job"; fi
for (( n = $(< "$here/count"); n > 0; n-- )); do
  [[ $args =~ $(< "$here/pattern-$n") ]] || continue
  text=$(< "$here/text-$n") code=$(< "$here/code-$n")
  if [[ $text == *'$JOB'* ]]; then text=${'$'}{text//'$JOB'/$(< "$here/job")}; fi
  if [[ $code = 0 ]]; then printf '%s\n' "$text"; else printf '%s\n' "$text" >&2; fi
  exit "$code"
done
printf 'nobody expected: kubectl %s\n' "$args" >&2
exit 3
`;

export interface FakeKubectl {
  /** What it prints (objects as JSON) when its arguments match; the answer given last holds. */
  answers(pattern: string, answer: string | object): void;
  fails(pattern: string, message: string): void;
  /** Runs release.mjs with it; resolves with the code. `output` and `errors` are of the last run. */
  run(...args: string[]): number | null;
  output: string;
  errors: string;
  calls(): { args: string; input: string }[];
  remove(): void;
}

/** A `kubectl` with prepared answers that records its arguments. */
export function fakeKubectl(): FakeKubectl {
  const folder = mkdtempSync(join(tmpdir(), 'fake-kubectl-'));
  let count = 0;
  const add = (pattern: string, text: string, code: number) => {
    count += 1;
    const files = { [`pattern-${count}`]: pattern, [`text-${count}`]: text, [`code-${count}`]: code, count };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), String(content));
  };
  writeFileSync(join(folder, 'kubectl'), script, { mode: 0o755 });
  return {
    output: '',
    errors: '',
    answers: (pattern, answer) =>
      add(pattern, typeof answer === 'string' ? answer : JSON.stringify(answer), 0),
    fails: (pattern, message) => add(pattern, message, 1),
    run(...args) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(import.meta.dirname, '../release.mjs'), '--interval', '0s', ...args],
        {
          encoding: 'utf8',
          env: { PATH: '/usr/local/bin:/usr/bin:/bin', KUBECTL: join(folder, 'kubectl') },
        },
      );
      this.output = stdout;
      this.errors = stderr;
      return status;
    },
    calls() {
      const path = join(folder, 'calls');
      if (!existsSync(path)) return [];
      const words = readFileSync(path, 'utf8').split('\0');
      return Array.from({ length: words.length >> 1 }, (_, index) => ({
        args: words[index * 2] ?? '',
        input: words[index * 2 + 1] ?? '',
      }));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
