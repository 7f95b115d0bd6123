import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpClient, startAgora, type Agora } from '@agora/testing';

describe('POST /users with the limits of production', () => {
  let agora: Agora;
  let replica: Agora;
  const environment = { REGISTRATIONS_PER_ADDRESS: '3/3600', PASSWORD_BLOCKLIST: 'true' };
  const register = (address: string, password = 'correct horse', of = agora) =>
    httpClient(of.process('auth').url)('POST', '/users', {
      json: { email: `${randomUUID()}@example.test`, password },
      headers: { 'X-Forwarded-For': address },
    });

  beforeAll(async () => {
    [agora, replica] = await Promise.all([
      startAgora(['auth'], { environment }),
      startAgora(['auth'], { environment }),
    ]);
  });
  afterAll(() => Promise.all([agora.stop(), replica.stop()]));

  it('limits registrations from one address across all replicas', async () => {
    const statuses = [
      (await register('192.0.2.1')).status,
      (await register('192.0.2.1', 'correct horse', replica)).status,
      (await register('::ffff:192.0.2.1')).status,
    ];
    expect(statuses).toEqual([201, 201, 201]);
    const { status, headers, body } = await register('192.0.2.1', 'correct horse', replica);
    expect([status, body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect((await register('192.0.2.2')).status).toBe(201);
  });

  it('does not count invalid requests', async () => {
    for (let each = 0; each < 4; each += 1) expect((await register('192.0.2.3', 'short')).status).toBe(422);
    expect((await register('192.0.2.3')).status).toBe(201);
  });

  it.each(['password1', 'PassWord1', 'QWERTYUIOP'])('refuses the common password %s', async (common) => {
    const { status, body } = await register('192.0.2.4', common);
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toEqual([
      { field: 'password', message: 'password is one of the most common passwords' },
    ]);
  });
});
