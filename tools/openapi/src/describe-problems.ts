import { STATUS_CODES } from 'node:http';
import type { Problem } from '@agora/http';
import Joi from 'joi';
import type { SchemaConverter } from './convert-schema.js';
import { headerOf, referTo } from './headers.js';

const requestId = '8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55';

const fieldError = Joi.object({
  field: Joi.string()
    .required()
    .description('Name of the field or parameter; `body` for the body as a whole.'),
  message: Joi.string().required().description('What is wrong with it.'),
})
  .example({ field: 'title', message: 'title is required' })
  .meta({ name: 'FieldError' });

/** As `Problem.toBody` makes it, with one of these codes. */
const problemBody = (codes: readonly string[]) =>
  Joi.object({
    type: Joi.string().required().description('`about:blank`: `code` tells problems apart.'),
    title: Joi.string().required().description('The name of the HTTP status.'),
    status: Joi.number().integer().min(400).max(599).required().description('The HTTP status.'),
    detail: Joi.string().required().description('What went wrong, for people.'),
    code: Joi.string()
      .valid(...codes)
      .required()
      .description(
        'What went wrong, for programs. Codes never change their meaning; new ones may be added, so handle an unknown code by its status.',
      )
      .meta({ name: 'ProblemCode' }),
    request_id: Joi.string().required().description('Identifies the request in the logs of the server.'),
    errors: Joi.array().items(fieldError).description('With 422: one entry for each invalid field.'),
    error: Joi.string().description(
      'From `/login` and `/refresh`: the OAuth 2.0 error code (RFC 6749, section 5.2).',
    ),
    error_description: Joi.string().description(
      'From `/login` and `/refresh`: `detail` for OAuth 2.0 clients.',
    ),
  })
    .description('An error (RFC 9457).')
    .meta({ name: 'Problem' });

/** Adds the schema of all problems, once all their codes are known. */
export function defineProblem(codes: readonly string[], { convert }: SchemaConverter): void {
  convert(problemBody(codes.toSorted()));
}

/** One problem of each code, for `#/components/examples`. */
export type Examples = Record<string, { value: unknown }>;

/** The responses of all problems of an operation, by status; adds an example of each to `examples`. */
export function describeProblems(problems: readonly Problem[], examples: Examples): Record<string, unknown> {
  const byStatus = Object.groupBy(problems, ({ status }) => status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => {
      const byCode = new Map(group.map((problem) => [problem.code, problem]));
      const ordered = [...byCode.keys()].toSorted();
      for (const problem of group) examples[problem.code] ??= { value: problem.toBody(requestId) };
      return [
        status,
        describeResponse(
          ordered.flatMap((code) => byCode.get(code) ?? []),
          group,
        ),
      ];
    }),
  );
}

/** Problems of one code are told by the last of them; their headers are told of all. */
function describeResponse(problems: readonly Problem[], all: readonly Problem[]): unknown {
  const status = problems[0]?.status ?? 0;
  return {
    description: `${STATUS_CODES[status]}: ${problems.map(({ code, detail }) => `\`${code}\` (${detail})`).join(' ')}`,
    headers: describeHeaders(all),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          problems.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]),
        ),
      },
    },
  };
}

/** A header is promised when it comes with every problem of the status. */
function describeHeaders(problems: readonly Problem[]): Record<string, unknown> {
  const names = new Set(problems.flatMap(({ headers }) => Object.keys(headers)));
  const described = [...names].map((name) => [
    name,
    headerOf(
      name,
      '',
      problems.every(({ headers }) => name in headers),
    ),
  ]);
  return { ...referTo('X-Request-Id'), ...Object.fromEntries(described) };
}
