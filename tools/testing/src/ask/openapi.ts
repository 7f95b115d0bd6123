import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An answer as it came, to a request for `path` with or without a query. */
export interface RawAnswer {
  method: string;
  path: string;
  status: number;
  headers: Headers;
  text: string;
}

type Json = Record<string, unknown>;

interface ResponseObject {
  headers?: Record<string, { required?: boolean; $ref?: string }>;
  content?: Record<string, { examples?: Json }>;
}

/** Refused before it is a request to an operation; the introduction of the document names them for all. */
const noRequestYet = new Set([408, 417, 431]);

const document = withClosedObjects(
  JSON.parse(readFileSync(new URL('../../../../gateway/openapi.json', import.meta.url), 'utf8')),
) as { paths: Record<string, Json> };

const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

/** Throws when a documented operation answers what the OpenAPI document does not say: a status, a header that is missing, a media type, a body. */
export function expectDocumented({ method, path, status, headers, text }: RawAnswer): void {
  if (noRequestYet.has(status)) return;
  const template = findPath(path);
  const operation = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (template === undefined || !(operation in (document.paths[template] ?? {}))) return;
  const complain = (what: string): never => {
    throw new Error(
      `${method} ${path} answered ${status} ${what}; gateway/openapi.json says otherwise.\n${text}`,
    );
  };
  const pointer = resolve(`#/paths/${escape(template)}/${operation}/responses/${status}`);
  const response = (at(pointer) as ResponseObject | undefined) ?? complain('at all');

  for (const [name, header] of Object.entries(response.headers ?? {})) {
    const { required } = header.$ref === undefined ? header : (at(header.$ref) as { required?: boolean });
    if (required && !headers.has(name)) complain(`without ${name}`);
  }
  if (method === 'HEAD') return;
  if (!response.content) return text === '' ? undefined : complain('with a body');
  const mediaType = headers.get('content-type')?.split(';')[0] ?? '';
  if (!(mediaType in response.content)) complain(`with the media type ${mediaType}`);
  if (!mediaType.endsWith('json')) return;
  const body = JSON.parse(text) as { status?: number; code?: string };
  // The schema of problems allows the codes of all operations; the examples name those of this response.
  if (mediaType === 'application/problem+json' && !(body.status === status && isAmong(body.code, response)))
    complain('with another status or code than it has');
  const validate = ajv.getSchema(`openapi${pointer}/content/${escape(mediaType)}/schema`);
  if (validate && !validate(body)) complain(`with ${ajv.errorsText(validate.errors)}`);
}

const isAmong = (code: string | undefined, { content = {} }: ResponseObject): boolean =>
  code !== undefined && code in (content['application/problem+json']?.examples ?? {});

function findPath(path: string): string | undefined {
  const segments = segmentsOf(path.replace(/\?.*$/, ''));
  const matching = Object.keys(document.paths).filter((template) => {
    const expected = segmentsOf(template);
    return (
      expected.length === segments.length &&
      expected.every((each, index) => each.startsWith('{') || each === segments[index])
    );
  });
  // As at the gateway, an exact path wins.
  return matching.toSorted((one, other) => one.split('{').length - other.split('{').length)[0];
}

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/');

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

function at(pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
}

const resolve = (pointer: string): string => (at(pointer) as { $ref?: string } | undefined)?.$ref ?? pointer;

/** Clients must expect fields that they do not know; here a field that is not documented is a mistake. */
function withClosedObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withClosedObjects);
  if (typeof value !== 'object' || value === null) return value;
  const closed = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withClosedObjects(part)]),
  );
  return closed['type'] === 'object' && 'properties' in closed
    ? { additionalProperties: false, ...closed }
    : closed;
}
