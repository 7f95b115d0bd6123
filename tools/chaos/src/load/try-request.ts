import type { Findings } from '../findings.js';
import { Hang, type Answer, type Ask, type Question } from './ask.js';
import type { Entry, Journal } from './journal.js';

/** A final answer, or undefined when it is unknown whether the request was carried out. */
export type Try = (
  operation: string,
  method: string,
  path: string,
  question?: Question,
) => Promise<Answer | undefined>;

/** Answers that leave the outcome open: the request may have been carried out. */
const unknowing = new Set([502, 503, 504]);

/** Sends requests, writes down how each ended, and finds fault with answers that must never be given. */
export const createTry =
  (ask: Ask, journal: Journal, findings: Findings): Try =>
  async (operation, method, path, question) => {
    const startedAt = journal.now();
    try {
      const answer = await ask(method, path, question);
      if (answer.status >= 400) checkProblem(answer, `${method} ${path}`, findings);
      const detail = answer.status < 500 ? '' : ` ${String(answer.body.detail)}`;
      journal.write(operation, outcomeOf(answer), `${answer.status}${detail}`, startedAt);
      return unknowing.has(answer.status) ? undefined : answer;
    } catch (error) {
      if (error instanceof Hang) findings.broken('I11', `${error.message} within 10 s`);
      journal.write(operation, 'info', codeOf(error), startedAt);
      return undefined;
    }
  };

/** A request that was shed was not started, so its outcome is known: the machine is busy, nothing is broken. */
function outcomeOf({ status, body }: Answer): Entry['outcome'] {
  if (unknowing.has(status)) return body.code === 'overloaded' ? 'shed' : 'info';
  return status < 300 ? 'ok' : 'refused';
}

function checkProblem({ status, headers, body, text }: Answer, what: string, { broken }: Findings): void {
  const isProblem =
    headers['content-type']?.startsWith('application/problem+json') &&
    body.status === status &&
    typeof body.code === 'string' &&
    typeof body.request_id === 'string';
  if (!isProblem) broken('I11', `${what} was answered ${status} with ${text.slice(0, 200)}`);
  if (status === 500 || status === 429)
    broken('I11', `${what} was answered ${status} (${String(body.request_id)})`);
  if (status === 503 && !headers['retry-after'])
    broken('I11', `${what} was answered 503 without Retry-After`);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'closed';

/** Reports a request that was wrongly refused. */
export function unexpected({ status, body }: Answer, what: string, { broken }: Findings): undefined {
  broken('I1', `${what} was answered ${status} ${String(body.code)}`);
}
