import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
let tree: string;

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'compatibility-'));
  for (const name of ['openapi.json', 'asyncapi.json']) {
    await cp(join(root, 'gateway', name), join(tree, 'gateway', name));
    await cp(join(root, 'gateway', name), join(tree, 'docs/released', name));
  }
});
afterAll(() => rm(tree, { recursive: true }));

interface Document {
  paths: Record<string, Record<string, { responses: object }>>;
  components: { schemas: Record<string, Schema> };
}
interface Schema {
  properties: Record<string, Schema>;
  required: string[];
  [rule: string]: unknown;
}

const schemaOf = ({ components }: Document, name: string) => existing(components.schemas[name]);
const part = ({ properties }: Schema, name: string) => existing(properties[name]);
const eventData = (document: Document, type: string) => part(schemaOf(document, type), 'data');

function existing(schema: Schema | undefined): Schema {
  if (!schema) throw new Error('the document has changed: choose another part of it');
  return schema;
}

type Change = [name: string, file: string, change: (document: Document) => void, says: string];
const breaking: Change[] = [
  ['a path that is gone', 'openapi.json', ({ paths }) => delete paths['/vote'], 'GET /vote is gone'],
  [
    'a field of an answer that is gone',
    'openapi.json',
    (document) => delete schemaOf(document, 'Post').properties['votes'],
    'GET /posts/{id} 200.votes is gone',
  ],
  [
    'a field of an answer that may be null',
    'openapi.json',
    (document) => (part(schemaOf(document, 'Post'), 'votes')['type'] = ['integer', 'null']),
    'GET /feed 200[].votes may be null',
  ],
  [
    'a field of a request that is required',
    'openapi.json',
    (document) => schemaOf(document, 'VoteRequest').required.push('why'),
    'POST /vote body.why is required',
  ],
  [
    'a field of an event that may be missing',
    'asyncapi.json',
    (document) => eventData(document, 'votes.vote-cast.v1').required.pop(),
    'votes.vote-cast.v1.data.user_id may be missing',
  ],
];
const harmless: Change[] = [
  [
    'a new field of an answer',
    'openapi.json',
    (document) =>
      (schemaOf(document, 'Post').properties['colour'] = {
        type: 'string',
      } as unknown as Schema),
    '',
  ],
  [
    'a new field of an event',
    'asyncapi.json',
    (document) => {
      const data = eventData(document, 'posts.post-created.v1');
      data.properties['colour'] = { type: 'string' } as unknown as Schema;
      data.required.push('colour');
    },
    '',
  ],
];

async function complaintsAbout(file: string, change: (document: Document) => void, notes = '') {
  const text = await readFile(join(root, 'gateway', file), 'utf8');
  const document = JSON.parse(text) as Document;
  change(document);
  await writeFile(join(tree, 'gateway', file), JSON.stringify(document));
  await writeFile(join(tree, 'docs/contract-changes.md'), notes);
  const script = join(root, 'scripts/check-compatibility.mjs');
  const { stderr } = await promisify(execFile)(process.execPath, [script], { cwd: tree }).catch(
    (error: unknown) => error as { stderr: string },
  );
  await writeFile(join(tree, 'gateway', file), text);
  return stderr;
}

it.each(breaking)('%s is refused unless it is documented', async (_name, file, change, says) => {
  const complaints = await complaintsAbout(file, change);
  expect(complaints).toContain(`\`${says}\``);
  expect(await complaintsAbout(file, change, complaints)).toBe('');
});

it.each(harmless)('%s is fine', async (_name, file, change) => {
  expect(await complaintsAbout(file, change)).toBe('');
});
