/** Converts gateway/openapi.json to a Postman collection: every operation is in it, and the base URL is absolute. */
import { readFileSync } from 'node:fs';
import converter from 'openapi-to-postmanv2';

const data = readFileSync(process.argv[2], 'utf8');
converter.convert({ type: 'string', data }, {}, (error, result) => {
  if (error || !result.result) throw new Error(error?.message ?? result.reason);
  const collection = result.output[0].data;
  const { value } = collection.variable.find(({ key }) => key === 'baseUrl');
  if (!URL.canParse(value)) throw new Error(`baseUrl is ${value}`);
  const count = (items) => items.reduce((sum, { item }) => sum + (item ? count(item) : 1), 0);
  const expected = Object.values(JSON.parse(data).paths).flatMap((path) => Object.keys(path)).length;
  if (count(collection.item) !== expected)
    throw new Error(`${count(collection.item)} of ${expected} operations`);
});
