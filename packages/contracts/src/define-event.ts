import Joi from 'joi';

/** The services that publish events; each has a stream of its own name in capitals. */
export const publishers = ['auth', 'posts', 'votes'] as const;
export type Publisher = (typeof publishers)[number];

/** A kind of event: its wire name, which is its NATS subject and CloudEvents `type`, and the shape of its data. */
export interface EventDefinition<Data> {
  readonly type: `${Publisher}.${string}.v${number}`;
  readonly schema: Joi.ObjectSchema<Data>;
}

/** Declares an event. Unknown fields are let through, so that a publisher may add some before its consumers know them. */
export function defineEvent<Data>(
  type: EventDefinition<Data>['type'],
  fields: { [Field in keyof Data]: Joi.Schema<Data[Field]> },
): EventDefinition<Data> {
  // On each field instead of as a preference of the object: otherwise the JSON Schema would not list it as required.
  const required = Object.entries<Joi.Schema>(fields).map(([name, schema]) => [
    name,
    isOptional(schema) ? schema : schema.required(),
  ]);
  const schema = Joi.object<Data>(Object.fromEntries(required)).unknown().required();
  return { type, schema: schema.prefs({ convert: false }) };
}

const isOptional = (schema: Joi.Schema): boolean => {
  const { flags = {} } = schema.describe();
  return 'presence' in flags && flags.presence === 'optional';
};

/** The id of a user or a post: a positive 32-bit integer. */
export const entityId = Joi.number().integer().min(1).max(2_147_483_647);
