import type { components } from './openapi.js';

type Problem = components['schemas']['Problem'];

/** Agora refused a request: `code` is a stable word for programs, the message a sentence for people. */
export class AgoraError extends Error {
  override readonly name = 'AgoraError';

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Names the request in Agora's logs. */
    readonly requestId: string | undefined,
    /** With 422: every bad field. */
    readonly errors: NonNullable<Problem['errors']> = [],
  ) {
    super(detail);
  }
}

/** Returns the response if it is a success; otherwise throws its problem. */
export async function requireSuccess(response: Response): Promise<Response> {
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new AgoraError(
    response.status,
    problem.code ?? 'unknown',
    problem.detail ?? `Agora answered ${response.status}.`,
    problem.request_id ?? response.headers.get('x-request-id') ?? undefined,
    problem.errors,
  );
}
