import { UsageError } from '../machine/stack-error.js';

/** What `parse` reads of a command line by `parseArgs`; throws a UsageError that names what is wrong and ends with `usage`. */
export function readOptions<Parsed>(usage: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    // Node.js adds an explanation of how to pass values that look like options, which is no help here.
    const [reason = ''] = error instanceof Error ? error.message.split('. ') : [];
    throw new UsageError(`${reason.replace(/\.$/, '')}. ${usage}`);
  }
}

/** The value of `--name` as a number; throws a UsageError when it is none, or beyond its bounds. */
export function numberOption(
  name: string,
  text: string,
  { min, max, whole = true, usage }: { min: number; max: number; whole?: boolean; usage: string },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not "${text}". ${usage}`,
  );
}
