import { compareSchemas, resolve } from './compare-schemas.mjs';

const methods = ['get', 'put', 'post', 'patch', 'delete'];

/** What breaks clients of the OpenAPI document `before`, one sentence each. */
export function compareOpenApi(before, after) {
  const documents = [before, after];
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    methods
      .filter((method) => operations[method])
      .flatMap((method) => {
        const where = `${method.toUpperCase()} ${path}`;
        const successor = after.paths[path]?.[method];
        if (!successor) return [`${where} is gone`];
        return compareOperations(operations[method], successor, { where, documents });
      }),
  );
}

/** What breaks consumers of the AsyncAPI document `before`. */
export function compareAsyncApi(before, after) {
  return Object.entries(before.channels).flatMap(([name, channel]) => {
    const successor = after.channels[name];
    if (!successor) return [`${name} is gone`];
    const moved =
      channel.address === successor.address ? [] : [`${name} has another subject: ${successor.address}`];
    const [one, other] = [before, after].map(({ components }) => components.schemas[name]);
    const context = { direction: 'returned', where: name, documents: [before, after] };
    return moved.concat(compareSchemas(one, other, context));
  });
}

function compareOperations(one, other, { where, documents }) {
  const found = [];
  if (one.operationId !== other.operationId)
    found.push(`${where} has another operationId: ${other.operationId}`);
  if (isOpen(one) && !isOpen(other)) found.push(`${where} needs a token`);
  return [
    ...found,
    ...compareParameters(one, other, { where, documents }),
    ...compareBodies(one, other, { where, documents }),
    ...compareAnswers(one, other, { where, documents }),
  ];
}

const isOpen = ({ security = [] }) =>
  security.length === 0 || security.some((each) => Object.keys(each).length === 0);

function compareParameters(one, other, { where, documents }) {
  const [old, young] = [one, other].map(({ parameters = [] }, index) =>
    parameters.map((each) => resolve(each, documents[index])),
  );
  const same = (each) => (another) => another.in === each.in && another.name === each.name;
  const lost = old.flatMap((parameter) => {
    const name = `${where} ${parameter.in} ${parameter.name}`;
    const successor = young.find(same(parameter));
    if (!successor) return [`${name} is gone`];
    const demanded = successor.required && !parameter.required ? [`${name} is required`] : [];
    return [
      ...demanded,
      ...compareSchemas(parameter.schema, successor.schema, { direction: 'sent', where: name, documents }),
    ];
  });
  const demanded = young
    .filter((parameter) => parameter.required && !old.some(same(parameter)))
    .map(({ in: place, name }) => `${where} ${place} ${name} is required`);
  return [...lost, ...demanded];
}

function compareBodies({ requestBody: one }, { requestBody: other }, { where, documents }) {
  if (!one) return other?.required ? [`${where} needs a body`] : [];
  if (!other) return [`${where} reads no body`];
  return [
    ...(other.required && !one.required ? [`${where} needs a body`] : []),
    ...compareContents(one.content, other.content, { direction: 'sent', where: `${where} body`, documents }),
  ];
}

function compareAnswers({ responses: one }, { responses: other }, { where, documents }) {
  return Object.entries(one).flatMap(([status, answer]) => {
    const [old, young] = [resolve(answer, documents[0]), resolve(other[status], documents[1])];
    // Fewer refusals break nobody.
    if (!young) return status < '400' ? [`${where} answers no ${status}`] : [];
    const place = `${where} ${status}`;
    const headers = Object.keys(old.headers ?? {})
      .filter((name) => !young.headers?.[name])
      .map((name) => `${place} has no header ${name}`);
    const context = { direction: 'returned', where: place, documents };
    return headers.concat(compareContents(old.content ?? {}, young.content ?? {}, context));
  });
}

const compareContents = (one, other, context) =>
  Object.entries(one).flatMap(([mediaType, { schema }]) =>
    other[mediaType]
      ? compareSchemas(schema, other[mediaType].schema, context)
      : [`${context.where} is no longer ${mediaType}`],
  );
