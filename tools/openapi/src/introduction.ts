/** What holds for every request, and is therefore said once. */
export const introduction = `People register, log in, publish posts and vote on them.

**Log in** with \`POST /login\` and send the \`access_token\` as \`Authorization: Bearer …\`; before it expires, exchange the
\`refresh_token\` with \`POST /refresh\`, which answers a new one of each.

**Errors** are \`application/problem+json\` (RFC 9457): \`detail\` is a sentence for people, \`code\` a stable word for programs.
A 422 lists every bad field in \`errors\`. A path that is not here is 404 \`not_found\`, another method 405 with \`Allow\`;
what is not HTTP as it is read here is 400, 408, 417 or 431.

**Bodies** have at most 128 KiB (a multipart login 4 KiB) and 50 values in all, in UTF-8 and without \`Content-Encoding\`. Unknown fields and unknown query parameters are
ignored; a known parameter that comes twice is 422. \`HEAD\` works wherever \`GET\` does, and every path with a trailing slash too.

**OAuth 2.0** clients find \`error\` and \`error_description\` (RFC 6749, 5.2) beside the rest in every problem of \`/login\` and \`/refresh\`.

**Limits** per address or user are told in \`RateLimit-Policy\` and \`RateLimit\`; \`address\` and \`user\` count what a request costs (one for ten posts of a
page, for instance). A 429 or 503 says in \`Retry-After\` when to try again. Answers over 1 KiB that are lists, posts or documentation are compressed for clients that take it, with a weak \`ETag\`, which
\`If-Match\` takes too. \`X-Request-Id\` comes with every answer, and is the one that was sent if that looks sane.`;

/** The parts of the system, as operations are grouped by them. */
export const tags = [
  { name: 'auth', description: 'Accounts, sessions and tokens.' },
  { name: 'posts', description: 'Posts and their counts of votes.' },
  { name: 'votes', description: 'Who has voted for what.' },
  { name: 'gateway', description: 'The system itself.' },
];
