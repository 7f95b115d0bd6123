import { describe, expect, it } from '@jest/globals';
import { expectDocumented, type RawAnswer } from '../src/ask/openapi.js';

const user = { id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' };
const account = { ...user, email: 'ada@example.test', email_verified: false, role: 'user', totp: false };
const problem = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'There is no user 7.',
  code: 'user_not_found',
  request_id: 'a-request-id',
};

const show = (status: number, body: object, changes: Partial<RawAnswer> & { leave?: string } = {}) => {
  const headers = new Headers({
    'Content-Type': status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json',
    'X-Request-Id': 'a-request-id',
  });
  if (changes.leave) headers.delete(changes.leave);
  return { method: 'GET', path: '/users/7', status, headers, text: JSON.stringify(body), ...changes };
};

describe('expectDocumented', () => {
  it.each<[string, RawAnswer]>([
    ['a success', show(200, user)],
    ['a problem', show(404, problem)],
    ['the exact path rather than the one with a parameter', show(200, account, { path: '/users/me/?x=1' })],
    ['a HEAD without a body', show(200, user, { method: 'HEAD', text: '' })],
    ['an undocumented path', show(418, {}, { path: '/internal/users/7' })],
  ])('takes %s', (_what, answer) => {
    expect(() => expectDocumented(answer)).not.toThrow();
  });

  it.each<[string, RawAnswer, string]>([
    ['another status', show(409, problem), '409 at all'],
    ['a status of another operation', show(404, problem, { path: '/users/me' }), '404 at all'],
    ['a missing field', show(200, { ...user, name: undefined }), "must have required property 'name'"],
    ['a field more', show(200, { ...user, password_hash: 'x' }), 'must NOT have additional properties'],
    ['a field of another type', show(200, { ...user, id: '7' }), 'id must be integer'],
    ['another format', show(200, { ...user, created_at: 'yesterday' }), 'must match format "date-time"'],
    ['another code', show(404, { ...problem, code: 'gone' }), 'with another status or code'],
    ['another status in the body', show(404, { ...problem, status: 403 }), 'with another status or code'],
    ['no request id', show(200, user, { leave: 'X-Request-Id' }), 'without X-Request-Id'],
    ['no media type', show(200, user, { leave: 'Content-Type' }), 'with the media type'],
  ])('complains about %s', (_what, answer, complaint) => {
    expect(() => expectDocumented(answer)).toThrow(complaint);
  });
});
