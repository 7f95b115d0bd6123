import { AgoraError } from '@agora/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { agora, answer, type Post } from './agora.js';
import { Field, Form } from './form.js';
import { go } from './router.js';
import { say, sentenceOf } from './say.js';

/** Writes a post, or edits the one with this id. */
export function Editor({ id }: { id?: number }) {
  const [post, setPost] = useState<Post>();
  const [etag, setEtag] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [theirs, setTheirs] = useState<Post>();

  const read = async () => {
    const request = agora.api.GET('/posts/{id}', { params: { path: { id: id ?? 0 } } });
    const found = await answer(request);
    setEtag((await request).response.headers.get('etag') ?? '');
    return found;
  };
  useEffect(() => {
    if (id !== undefined) read().then(setPost, setProblem);
  }, [id]);

  // Pressing the button again after a lost answer must not publish twice: the same text has the same key.
  const key = useRef({ text: '', value: '' });
  const keyFor = (body: object) => {
    const text = JSON.stringify(body);
    if (key.current.text !== text) key.current = { text, value: crypto.randomUUID() };
    return { 'Idempotency-Key': key.current.value };
  };

  const save = async ({ title = '', content = '', published }: Record<string, string>) => {
    const body = { title, content, published: published === 'on' };
    if (id === undefined) {
      const made = await answer(agora.api.POST('/posts', { body, params: { header: keyFor(body) } }));
      go(`/posts/${made.id}`);
      return say(made.published ? 'Published.' : 'Kept as a draft, which nobody but you sees.');
    }
    // Only what one has seen may be written over: who edited elsewhere meanwhile is asked first.
    const params = { path: { id }, header: { 'If-Match': etag } };
    try {
      await answer(agora.api.PUT('/posts/{id}', { params, body }));
    } catch (error) {
      if (!(error instanceof AgoraError) || error.status !== 412) throw error;
      return setTheirs(await read());
    }
    go(`/posts/${id}`);
    say('Saved.');
  };

  if (problem)
    return (
      <p class="problem" role="alert">
        {sentenceOf(problem)}
      </p>
    );
  if (id !== undefined && !post) return <p class="quiet">Reading …</p>;
  return (
    <section>
      <h1>{id === undefined ? 'Write' : 'Edit'}</h1>
      {theirs && (
        <div class="problem" role="alert">
          <p>This post was changed elsewhere while you wrote. Your text is below; theirs is this:</p>
          <blockquote>
            <strong>{theirs.title}</strong>
            <p class="text">{theirs.content}</p>
          </blockquote>
          <p>Save again to write over it, or take theirs.</p>
          <button
            type="button"
            onClick={() => {
              setPost(theirs);
              setTheirs(undefined);
            }}
          >
            Take theirs
          </button>
        </div>
      )}
      <Form
        key={post?.updated_at}
        action={id === undefined ? 'Publish' : 'Save'}
        onSubmit={save}
        more={<a href="#/feed">Leave it</a>}
      >
        <Field name="title" label="Title" maxlength={300} required isFirst value={post?.title ?? ''} />
        <div class="field">
          <label for="content">Text</label>
          <textarea
            id="content"
            name="content"
            rows={12}
            maxlength={20_000}
            required
            defaultValue={post?.content ?? ''}
          />
        </div>
        <div class="field check">
          <input id="published" name="published" type="checkbox" defaultChecked={post?.published ?? true} />
          <label for="published">Published</label>
        </div>
      </Form>
    </section>
  );
}
