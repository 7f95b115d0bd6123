import { STATUS_CODES } from 'node:http';
import type { Problem } from '@agora/http';
import Joi from 'joi';
import type { SchemaConverter } from './convert-schema.js';
import { headerOf, referTo } from './headers.js';

const requestId = '8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55';

const fieldError = Joi.object({
  field: Joi.string().required().description('Where it is: `body`, the name of a field or of a parameter.'),
  message: Joi.string().required(),
}).meta({ name: 'FieldError' });

/** As `Problem.toBody` makes it. */
const problemBody = Joi.object({
  type: Joi.string().required(),
  title: Joi.string().required().description('The name of the status.'),
  status: Joi.number().integer().min(400).max(599).required(),
  detail: Joi.string().required().description('A sentence for people.'),
  code: Joi.string().required().description('A stable word for programs.'),
  request_id: Joi.string().required(),
  errors: Joi.array().items(fieldError).description('With 422: one entry for every bad field.'),
  error: Joi.string().description('At `/login` and `/refresh`: the error code of OAuth 2.0 (RFC 6749, 5.2).'),
  error_description: Joi.string().description('Likewise: `detail`, for OAuth 2.0 clients.'),
})
  .description('An error (RFC 9457).')
  .meta({ name: 'Problem' });

/** The responses of all problems of an operation, by status; each is kept in `responses`, for `#/components/responses`. */
export function describeProblems(
  problems: readonly Problem[],
  converter: SchemaConverter,
  responses: Record<string, unknown>,
): Record<string, unknown> {
  const byStatus = Object.groupBy(problems, ({ status }) => status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => {
      const byCode = new Map(group.map((problem) => [problem.code, problem]));
      const codes = [...byCode.keys()].toSorted();
      const name = codes.map(toPascalCase).join('Or');
      responses[name] ??= describeResponse(
        codes.flatMap((code) => byCode.get(code) ?? []),
        converter,
      );
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function describeResponse(problems: readonly Problem[], { convert }: SchemaConverter): unknown {
  const status = problems[0]?.status ?? 0;
  const codes = problems.map(({ code }) => code);
  const needsErrors = problems.every(({ errors }) => errors);
  return {
    description: `${STATUS_CODES[status]}: ${problems.map(({ code, detail }) => `\`${code}\` (${detail})`).join(' ')}`,
    headers: describeHeaders(problems),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            convert(problemBody),
            {
              properties: { status: { const: status }, code: { enum: codes } },
              ...(needsErrors && { required: ['errors'] }),
            },
          ],
        },
        examples: Object.fromEntries(
          problems.map((problem) => [problem.code, { value: problem.toBody(requestId) }]),
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

const toPascalCase = (code: string): string =>
  code.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
