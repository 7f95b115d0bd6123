import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpClient, join, startAgora, type Agora, type HttpClient } from '@agora/testing';

const path = '/.well-known/oauth-authorization-server';

describe.each([
  ['https://agora.example', 'https://agora.example/login'],
  ['agora', '/login'],
])('the metadata of the issuer %s', (issuer, tokenEndpoint) => {
  let agora: Agora;
  let ask: HttpClient;
  beforeAll(async () => {
    agora = await startAgora(['auth'], { environment: { TOKEN_ISSUER: issuer } });
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  it('names the issuer of tokens, the token endpoint and the grant types (RFC 8414)', async () => {
    const { token } = await join(ask);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iss: string;
    };
    const { status, body } = await ask('GET', path);
    expect([status, body.issuer, body.token_endpoint]).toEqual([200, claims.iss, tokenEndpoint]);
    expect(body).toMatchObject({
      issuer,
      grant_types_supported: ['password'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
    });
    const keySet = new URL(String(body.jwks_uri), agora.process('auth').url).pathname;
    expect((await ask('GET', keySet)).status).toBe(200);
  });
});
