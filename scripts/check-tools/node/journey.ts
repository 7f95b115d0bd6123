// The journey with a client that openapi-generator generated (typescript-fetch).
import { AuthApi, Configuration, PostsApi, ResponseError, VotesApi } from './client/index';

async function main(): Promise<void> {
  const basePath = process.env['AGORA_URL'] ?? '';
  const email = `${crypto.randomUUID()}@example.test`;
  const password = 'a long enough password';
  const auth = new AuthApi(new Configuration({ basePath }));
  const account = await auth.register({ registration: { email, password } });
  const refused = await auth
    .logIn({ username: email, password: 'not the password' })
    .catch((error: unknown) => error);
  if (!(refused instanceof ResponseError) || (await refused.response.json()).code !== 'invalid_credentials')
    throw new Error('a wrong password was accepted');
  const { accessToken } = await auth.logIn({ username: email, password });
  // The generator sends what it is given for OAuth 2.0 as the whole header, and that last.
  const me = new Configuration({
    basePath,
    accessToken: (scheme) => (scheme === 'oauth2Password' ? `Bearer ${accessToken}` : accessToken),
  });
  const title = crypto.randomUUID();
  const post = await new PostsApi(me).createPost({
    postInput: { title, content: 'Written by a generated client.' },
  });
  if (!post.published || post.ownerId !== account.id) throw new Error('another post');
  const vote = await new VotesApi(me).castVoteRaw({ voteRequest: { postId: post.id, dir: 1 } });
  const consistencyToken = vote.raw.headers.get('consistency-token') ?? '';
  const feed = await new PostsApi(me).listFeed({ search: title, consistencyToken });
  if (feed.length !== 1 || feed[0]?.votes !== 1) throw new Error('the feed does not show the vote');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
