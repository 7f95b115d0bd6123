import { describe, expect, it } from '@jest/globals';
import Joi from 'joi';
import { entityId, parseId, Problem, text, validate } from '@agora/http';

const schema = Joi.object<{ title: string; count: number }>({
  title: text({ min: 1, max: 3 }).required(),
  count: entityId.required(),
});

const problemOf = (work: () => unknown): Problem => {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('validate', () => {
  it('returns the known fields and drops the others', () => {
    expect(validate(schema, { title: 'abc', count: 1, owner_id: 5 })).toEqual({ title: 'abc', count: 1 });
  });

  it('lists every bad field', () => {
    const { status, errors } = problemOf(() => validate(schema, { title: '', count: 0 }));
    expect(status).toBe(422);
    expect(errors?.map(({ field }) => field)).toEqual(['title', 'count']);
  });

  it.each([undefined, null, [], 'text', 7])('refuses %j in place of an object', (input) => {
    expect(problemOf(() => validate(schema, input)).errors?.[0]?.field).toBe('body');
  });

  it.each(['1', 1.5, 2 ** 31, Infinity, true, null])('refuses %j as an id', (count) => {
    expect(problemOf(() => validate(schema, { title: 'a', count })).errors?.[0]?.field).toBe('count');
  });

  it('counts characters as code points', () => {
    expect(validate(schema, { title: '😀😀😀', count: 1 }).title).toBe('😀😀😀');
    expect(problemOf(() => validate(schema, { title: '😀😀😀😀', count: 1 })).status).toBe(422);
  });

  it.each(['a\0b', '\ud800'])('refuses %j, which Postgres cannot keep', (title) => {
    expect(problemOf(() => validate(schema, { title, count: 1 })).status).toBe(422);
  });
});

describe('parseId', () => {
  it('reads the largest id', () => {
    expect(parseId('2147483647')).toBe(2_147_483_647);
  });

  it.each(['0', '-1', '01', '1.0', '1e3', 'abc', '2147483648', '99999999999', '', undefined])(
    'refuses %j',
    (raw) => {
      expect(problemOf(() => parseId(raw)).status).toBe(422);
    },
  );
});
