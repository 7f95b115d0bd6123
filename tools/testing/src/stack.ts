import { readTestStack } from '@agora/local-stack';

/** The servers that the test command started, and this Jest worker's own share of them. */
export function currentStack() {
  const stack = readTestStack();
  const index = Number(process.env.JEST_WORKER_ID ?? 1);
  const worker = stack.workers.find((candidate) => candidate.index === index);
  if (!worker) throw new Error(`the test stack has no share for Jest worker ${index}`);
  return { ...stack, worker };
}
