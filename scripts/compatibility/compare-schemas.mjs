/**
 * The breaking changes from `before` to `after`, in sentences that begin with `where`. A schema of what is `sent` to Agora must accept all that it
 * accepted; a schema of what is `returned` must still contain all that it contained. New fields and new enum values in answers break nobody: clients must tolerate them.
 */
export function compareSchemas(before, after, { direction, where, documents, seen = new Set() }) {
  const [one, other] = [resolve(before, documents[0]), resolve(after, documents[1])];
  const key = `${before?.$ref ?? ''} ${after?.$ref ?? ''}`;
  if (before?.$ref && seen.has(key)) return [];
  const next = { direction, documents, seen: new Set([...seen, key]) };
  const at = (part) => ({ ...next, where: `${where}${part}` });
  if (one === true || one === undefined || Object.keys(one).length === 0)
    return direction === 'sent' && other && Object.keys(other).length > 0 ? [`${where} is restricted`] : [];
  if (other === undefined || other === true)
    return direction === 'returned' ? [`${where} is no longer specified`] : [];
  return [
    ...(direction === 'sent' ? narrowed(one, other, where) : widened(one, other, where)),
    ...compareProperties(one, other, at),
    ...(one.items ? compareSchemas(one.items, other.items, at('[]')) : []),
    ...compareAlternatives(one, other, at),
  ];
}

/** What `$ref` names within the document. */
export function resolve(schema, document) {
  let found = schema;
  while (typeof found?.$ref === 'string')
    found = found.$ref
      .split('/')
      .slice(1)
      .reduce((node, step) => node?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  return found;
}

function compareProperties(one, other, at) {
  const found = [];
  const required = [new Set(one.required), new Set(other.required)];
  for (const [name, schema] of Object.entries(one.properties ?? {})) {
    const context = at(`.${name}`);
    const successor = other.properties?.[name];
    if (successor === undefined) found.push(`${context.where} is gone`);
    else found.push(...compareSchemas(schema, successor, context));
    if (context.direction === 'returned' && successor && required[0].has(name) && !required[1].has(name))
      found.push(`${context.where} may be missing`);
  }
  const { direction } = at('');
  if (direction === 'sent')
    for (const name of required[1])
      if (!required[0].has(name)) found.push(`${at(`.${name}`).where} is required`);
  return found;
}

function compareAlternatives(one, other, at) {
  return ['oneOf', 'anyOf', 'allOf'].flatMap((kind) => {
    const [old, young] = [one[kind] ?? [], other[kind] ?? []];
    const { direction, where } = at('');
    const changed = direction === 'sent' ? young.length < old.length : young.length > old.length;
    const counts = changed && old.length > 0 ? [`${where} has other alternatives`] : [];
    const pairs = old.slice(0, young.length);
    return counts.concat(pairs.flatMap((each, index) => compareSchemas(each, young[index], at(''))));
  });
}

const typesOf = ({ type }) => (type === undefined ? undefined : [type].flat());
const missing = (from, these) => from.filter((each) => !these.includes(each));

/** Whether something that was taken is taken no longer. */
function narrowed(one, other, where) {
  const found = [];
  const types = typesOf(other);
  if (types) {
    // An integer is a number.
    const lost = missing(typesOf(one) ?? ['anything'], types).filter(
      (each) => !(each === 'integer' && types.includes('number')),
    );
    if (lost.length > 0) found.push(`${where} is no longer taken as ${lost.join(', ')}`);
  }
  const words = wordsOf(other);
  if (words) {
    const lost = missing(wordsOf(one) ?? ['other words'], words);
    if (lost.length > 0) found.push(`${where} no longer takes ${lost.join(', ')}`);
  }
  for (const [limit, isNarrower] of Object.entries(limits))
    if (other[limit] !== undefined && (one[limit] === undefined || isNarrower(other[limit], one[limit])))
      found.push(`${where} has another ${limit}: ${other[limit]}`);
  for (const rule of ['pattern', 'format'])
    if (other[rule] !== undefined && other[rule] !== one[rule])
      found.push(`${where} has another ${rule}: ${other[rule]}`);
  return found;
}

/** Whether there is a new value that clients did not have to expect. */
function widened(one, other, where) {
  const found = [];
  const types = typesOf(one);
  if (types) {
    const gained = missing(typesOf(other) ?? ['anything'], types).filter(
      (each) => !(each === 'integer' && types.includes('number')),
    );
    if (gained.length > 0) found.push(`${where} may be ${gained.join(', ')}`);
  }
  if (one.const !== undefined && one.const !== other.const) found.push(`${where} is no longer ${one.const}`);
  if (one.format !== undefined && one.format !== other.format)
    found.push(`${where} has no longer the format ${one.format}`);
  return found;
}

const wordsOf = ({ enum: words, const: only }) => words ?? (only === undefined ? undefined : [only]);

const limits = {
  minimum: (now, then) => now > then,
  maximum: (now, then) => now < then,
  minLength: (now, then) => now > then,
  maxLength: (now, then) => now < then,
  minItems: (now, then) => now > then,
  maxItems: (now, then) => now < then,
};
