/** What holds for every request, and is therefore said once. */
export const introduction = `The API of Agora: accounts, posts and votes.

**Authentication.** Send the \`access_token\` from \`POST /login\` as \`Authorization: Bearer …\`. Before it expires, exchange the
\`refresh_token\` with \`POST /refresh\`; each refresh token works once.

**Errors** are \`application/problem+json\` (RFC 9457): \`code\` is for programs, \`detail\` for people. A 422 lists every invalid
field in \`errors\`. Unknown paths are 404 \`not_found\`, unsupported methods 405 with \`Allow\`; malformed HTTP is 400, 408, 417 or 431.
Errors of \`/login\` and \`/refresh\` also have the members \`error\` and \`error_description\` (RFC 6749, section 5.2).

**Requests.** Bodies are UTF-8, at most 128 KiB (4 KiB for multipart) and 50 values, without \`Content-Encoding\`. Unknown fields and
query parameters are ignored; a repeated parameter is 422. \`HEAD\` works wherever \`GET\` does, and paths may end in a slash.

**Limits.** \`RateLimit-Policy\` and \`RateLimit\` describe the limits of the client address and the user; expensive requests count
more. After a 429 or 503, wait for \`Retry-After\` seconds.

**Responses.** Every response has an \`X-Request-Id\`: yours, if you sent a valid one. Larger responses are compressed if the client
accepts it; their \`ETag\` is then weak, and \`If-Match\` accepts it.`;

/** The parts of the system, as operations are grouped by them. */
export const tags = [
  { name: 'auth', description: 'Accounts, sessions and tokens.' },
  { name: 'posts', description: 'Posts, the feed and moderation.' },
  { name: 'votes', description: 'Votes.' },
  { name: 'gateway', description: 'The API itself.' },
];
