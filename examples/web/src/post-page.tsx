import { useEffect, useState } from 'preact/hooks';
import { agora, answer, isModerator, me, type Post } from './agora.js';
import { Field, Form } from './form.js';
import { changed } from './live.js';
import { Byline, Votes } from './post-card.js';
import { go } from './router.js';
import { say, sentenceOf } from './say.js';

/** One post whole, and what the reader may do with it. */
export function PostPage({ id }: { id: number }) {
  const [post, setPost] = useState<Post>();
  const [problem, setProblem] = useState<unknown>();
  const news = changed.value.get(id);
  const read = () =>
    answer(agora.api.GET('/posts/{id}', { params: { path: { id }, query: { include: 'my_vote' } } })).then(
      setPost,
      setProblem,
    );
  useEffect(() => void read(), [id, news]);
  if (problem)
    return (
      <div class="problem" role="alert">
        <p>{sentenceOf(problem)}</p>
        <a href="#/feed">Back to the feed</a>
      </div>
    );
  if (!post) return <p class="quiet">Reading …</p>;
  const isMine = post.owner_id === me.value?.id;
  const remove = async () => {
    if (!confirm('Delete this post, and its votes?')) return;
    await answer(agora.api.DELETE('/posts/{id}', { params: { path: { id } } })).then(
      () => go('/feed'),
      (error: unknown) => say(sentenceOf(error)),
    );
  };
  return (
    <article class="whole">
      <div class="head">
        {post.published && <Votes key={String(post.my_vote)} post={post} />}
        <div>
          <h1>{post.title}</h1>
          <Byline post={post} />
        </div>
      </div>
      {post.content.split(/\n{2,}/).map((paragraph, index) => (
        <p key={index} class="text">
          {paragraph}
        </p>
      ))}
      {isMine && (
        <p class="actions">
          <a class="button" href={`#/posts/${id}/edit`}>
            Edit
          </a>
          <button type="button" class="quiet danger" onClick={() => void remove()}>
            Delete
          </button>
        </p>
      )}
      {!isMine && !isModerator.value && <Report id={id} />}
      {isModerator.value && <Removal post={post} onDone={() => void read()} />}
    </article>
  );
}

function Report({ id }: { id: number }) {
  const report = async ({ reason = '' }: Record<string, string>) => {
    await answer(agora.api.POST('/posts/{id}/reports', { params: { path: { id } }, body: { reason } }));
    say('Thank you. Moderators will look at it.');
  };
  return (
    <details>
      <summary>Report this post</summary>
      <Form action="Report" onSubmit={report}>
        <Field name="reason" label="What is wrong with it?" maxlength={500} required />
      </Form>
    </details>
  );
}

function Removal({ post: { id, removed }, onDone }: { post: Post; onDone(): void }) {
  const params = { path: { id } };
  const act = async ({ reason = '' }: Record<string, string>) => {
    await answer(
      removed
        ? agora.api.DELETE('/posts/{id}/removal', { params })
        : agora.api.PUT('/posts/{id}/removal', { params, body: { reason } }),
    );
    say(removed ? 'The post is back, and its votes too.' : 'The post is removed.');
    onDone();
  };
  return (
    <details open={Boolean(removed)}>
      <summary>Moderate</summary>
      <Form action={removed ? 'Bring it back' : 'Remove it'} onSubmit={act}>
        {!removed && (
          <Field name="reason" label="Reason, which its author is told" maxlength={500} required />
        )}
      </Form>
    </details>
  );
}
