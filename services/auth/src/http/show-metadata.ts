import type { Description, Handler } from '@agora/http';
import Joi from 'joi';

/** Where clients find what, by RFC 8414; URLs begin with the issuer when that is one. */
const metadataOf = (issuer: string) => {
  const at = (path: string) => (/^https?:/.test(issuer) ? new URL(path, issuer).href : path);
  return {
    issuer,
    token_endpoint: at('/login'),
    jwks_uri: at('/.well-known/jwks.json'),
    grant_types_supported: ['password'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['none'],
    service_documentation: at('/docs'),
  };
};

/** `GET /.well-known/oauth-authorization-server`. */
export const showMetadata =
  (issuer: string): Handler =>
  (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.body = metadataOf(issuer);
  };

const metadata = Joi.object<ReturnType<typeof metadataOf>>({
  issuer: Joi.string().required().description('The `iss` of access tokens.'),
  token_endpoint: Joi.string().required(),
  jwks_uri: Joi.string().required(),
  grant_types_supported: Joi.array().items(Joi.string()).required(),
  response_types_supported: Joi.array().items(Joi.string()).required(),
  token_endpoint_auth_methods_supported: Joi.array().items(Joi.string()).required(),
  service_documentation: Joi.string().required(),
})
  .example(metadataOf('https://agora.example'))
  .meta({ name: 'AuthorizationServerMetadata' });

/** For the OpenAPI document. */
export const showMetadataDescription: Description = {
  name: 'getAuthorizationServer',
  summary: 'Get the authorization server metadata',
  details: 'OAuth 2.0 authorization server metadata (RFC 8414).',
  answers: {
    200: {
      summary: 'The metadata.',
      body: metadata,
      headers: { 'Cache-Control': 'How long to cache the response.' },
    },
  },
};
