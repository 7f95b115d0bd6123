/** `node examples/follow-a-topic.mjs <url> <email> <password> <word>`: prints the best posts of a topic, votes for the first, and follows what comes. */
import { AgoraError, createAgora } from '@agora/client';

const [url = 'http://127.0.0.1:8000', email, password, word = ''] = process.argv.slice(2);
if (!email || !password) {
  console.error('usage: node examples/follow-a-topic.mjs <url> <email> <password> [word]');
  process.exit(1);
}

const agora = createAgora({ url });
const ending = new AbortController();
process.once('SIGINT', () => ending.abort());

try {
  await agora.logIn(email, password);

  let shown = 0;
  for await (const post of agora.feed({ sort: 'top', search: word })) {
    console.log(`${post.votes} × ${post.title}`);
    if (shown === 0) {
      const { error } = await agora.api.POST('/vote', { body: { post_id: post.id, dir: 1 } });
      console.log(error ? `  not voted for: ${error.detail}` : '  voted for');
    }
    shown += 1;
    if (shown === 10) break;
  }

  console.log('… and now live; Ctrl-C ends it');
  for await (const { event, data } of agora.live({ signal: ending.signal })) console.log(event, data);
  await agora.logOut();
} catch (error) {
  if (!(error instanceof AgoraError)) throw error;
  console.error(`${error.code}: ${error.message} (request ${error.requestId})`);
  process.exitCode = 1;
}
