import { AgoraError } from '@agora/client';
import { useEffect, useState } from 'preact/hooks';
import { agora, answer, type Post } from './agora.js';
import { changed, setVotes, votes } from './live.js';
import { say, sentenceOf } from './say.js';

/** The count as it is now, and the button that adds or takes back one's vote. */
export function Votes({ post }: { post: Post }) {
  const [mine, setMine] = useState(post.my_vote ?? false);
  const [isBusy, setBusy] = useState(false);
  const count = votes.value.get(post.id) ?? post.votes;
  // The list came without it, as votes took too long.
  useEffect(() => {
    if (post.my_vote !== null) return;
    const request = agora.api.GET('/vote', { params: { query: { post_ids: [post.id] } } });
    answer(request).then(
      ({ voted }) => setMine(voted.includes(post.id)),
      () => undefined,
    );
  }, [post.my_vote]);
  const vote = async () => {
    setBusy(true);
    setMine(!mine);
    try {
      await answer(agora.api.POST('/vote', { body: { post_id: post.id, dir: mine ? 0 : 1 } }));
    } catch (error) {
      // What was to be is so already: another window of the same user, or an answer that was lost.
      const isSo = error instanceof AgoraError && ['vote_exists', 'vote_not_found'].includes(error.code);
      if (!isSo) {
        setMine(mine);
        say(sentenceOf(error));
      }
    }
    // This read waits for the vote just cast: the client sends its token along.
    const read = agora.api.GET('/posts/{id}', { params: { path: { id: post.id } } });
    await answer(read).then(
      ({ votes: now }) => setVotes(post.id, now),
      () => undefined,
    );
    setBusy(false);
  };
  return (
    <button
      type="button"
      class="vote"
      aria-pressed={mine}
      aria-disabled={isBusy}
      aria-label={`Vote for “${post.title}”, ${count === 1 ? '1 vote' : `${count} votes`}`}
      onClick={() => void (isBusy || vote())}
    >
      <span aria-hidden="true">▲</span>
      <span class="count" data-post={post.id}>
        {count}
      </span>
    </button>
  );
}

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** When that was, for people. */
export function When({ time }: { time: string }) {
  const seconds = (Date.now() - Date.parse(time)) / 1_000;
  const [unit, length] = units.find(([, each]) => seconds >= each) ?? ['second', 1];
  const text = unit === 'second' ? 'just now' : relative.format(-Math.floor(seconds / length), unit);
  return (
    <time datetime={time} title={new Date(time).toLocaleString()}>
      {text}
    </time>
  );
}

/** By whom and when, and what is special about it. */
export const Byline = ({ post }: { post: Post }) => (
  <p class="byline">
    {post.owner.name} · <When time={post.created_at} />
    {post.updated_at !== post.created_at && ' · edited'}
    {!post.published && <strong class="badge">Draft</strong>}
    {post.removed && <strong class="badge warn">Removed: {post.removed.reason}</strong>}
  </p>
);

const excerptLength = 280;

/** A post in a list, as it is by now. */
export function PostCard({ post: read }: { post: Post }) {
  const news = changed.value.get(read.id);
  if (news === null)
    return (
      <article class="card gone">
        <p class="quiet">This post is gone.</p>
      </article>
    );
  const post = news ? { ...read, ...news, my_vote: read.my_vote } : read;
  const excerpt =
    post.content.length > excerptLength
      ? `${post.content.slice(0, excerptLength).trimEnd()} …`
      : post.content;
  return (
    <article class="card" aria-labelledby={`post-${post.id}`}>
      {post.published && <Votes post={post} />}
      <div>
        <h2 id={`post-${post.id}`}>
          <a href={`#/posts/${post.id}`}>{post.title}</a>
        </h2>
        <Byline post={post} />
        <p class="excerpt">{excerpt}</p>
      </div>
    </article>
  );
}
