/** A resource server verifies an access token with jose, by the metadata and the key set alone. */
import { randomUUID } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const url = process.env.AGORA_URL;
const email = `${randomUUID()}@example.test`;
const password = 'a long enough password';
const registered = await fetch(`${url}/users`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ email, password }),
});
const { id } = await registered.json();
const login = await fetch(`${url}/login`, {
  method: 'POST',
  body: new URLSearchParams({ username: email, password }),
});
const { access_token: token } = await login.json();
const { issuer } = await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json();
const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL('/.well-known/jwks.json', url)), {
  issuer,
  audience: process.env.AGORA_AUDIENCE ?? 'agora',
  typ: 'at+jwt',
  algorithms: ['ES256'],
  requiredClaims: ['client_id', 'sub', 'jti', 'exp'],
});
if (payload.sub !== String(id)) throw new Error(`the token is of ${payload.sub}`);
