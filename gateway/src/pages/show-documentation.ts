import type { Description, Handler } from '@agora/http';
import Joi from 'joi';
import { assetPaths } from './show-asset.js';

/** The page works with nothing but what comes from here: its own script, style and icons, and requests to this origin. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Agora</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assetPaths.style}">
<script src="${assetPaths.bundle}" defer></script>
<script src="${assetPaths.start}" defer></script>
</head>
<body>
<p id="mail-token" class="swagger-ui" hidden></p>
<div id="documentation"></div>
<noscript>This page needs JavaScript; what it shows is <a href="/openapi.json">/openapi.json</a>.</noscript>
</body>
</html>
`;

/** `GET /docs`: the OpenAPI document, to be read and tried out. */
export const showDocumentation: Handler = (ctx) => {
  ctx.set('Content-Security-Policy', contentSecurityPolicy);
  ctx.type = 'html';
  ctx.body = page;
};

/** For the OpenAPI document. */
export const showDocumentationDescription: Description = {
  name: 'getDocumentation',
  summary: 'Open the documentation',
  details: 'An interactive page that describes this API.',
  answers: {
    200: { summary: 'The documentation.', body: Joi.string(), mediaType: 'text/html' },
  },
};
