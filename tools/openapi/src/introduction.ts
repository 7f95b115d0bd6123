/** The introduction of the document; other common rules are described where they belong. */
export const introduction = `[Log in](#/auth/logIn), send the access token as \`Authorization: Bearer …\`, and [refresh](#/auth/refresh) it before it
expires. Errors are [problem details](https://www.rfc-editor.org/rfc/rfc9457) with a \`code\` for programs; a 422 lists every invalid field. Unknown paths are
404, unsupported methods 405, malformed HTTP 400, 408, 417 or 431. Lists are paged by [\`Link\`](https://www.rfc-editor.org/rfc/rfc8288), and
[live updates](#/posts/streamFeed) are server-sent events. Unknown fields and query parameters are ignored; a repeated parameter is 422. \`HEAD\` works
wherever \`GET\` does.`;

/** The parts of the system, which group operations. */
export const tags = [
  { name: 'auth', description: 'Accounts, sessions and tokens.' },
  { name: 'posts', description: 'Posts, the feed and moderation.' },
  { name: 'votes', description: 'Votes.' },
  { name: 'gateway', description: 'The API itself.' },
];
