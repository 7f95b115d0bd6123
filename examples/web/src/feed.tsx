import { useEffect, useRef, useState } from 'preact/hooks';
import { agora, answer, type Post } from './agora.js';
import { arrived, missed } from './live.js';
import { PostCard } from './post-card.js';
import { go, place } from './router.js';
import { sentenceOf } from './say.js';

const sorts = { new: 'New', top: 'Top', hot: 'Hot' } as const;
const periods = {
  day: 'today',
  week: 'this week',
  month: 'this month',
  year: 'this year',
  all: 'of all time',
} as const;
type Sort = keyof typeof sorts;
type Period = keyof typeof periods;

/** What the address asks for. */
function readQuery() {
  const { query } = place.value;
  const sort = query.get('sort') ?? 'new';
  const period = query.get('period') ?? 'all';
  return {
    sort: sort in sorts ? (sort as Sort) : 'new',
    period: period in periods ? (period as Period) : 'all',
    search: query.get('search') ?? '',
  };
}

/** A page of posts, and where the next one begins. */
async function readPage(
  mine: boolean,
  cursor: string | undefined,
): Promise<{ posts: Post[]; next?: string }> {
  const { sort, period, search } = readQuery();
  const common = { search, limit: 20, include: 'my_vote', ...(cursor && { cursor }) } as const;
  const feed = { ...common, sort, ...(sort === 'top' && { period }) };
  const request = mine
    ? agora.api.GET('/posts', { params: { query: common } })
    : agora.api.GET('/feed', { params: { query: feed } });
  const { response } = await request;
  const posts = await answer<Post[]>(request);
  const [, link] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '') ?? [];
  const next = link && new URL(link, location.href).searchParams.get('cursor');
  return { posts, ...(next && { next }) };
}

/** Posts page after page: everybody's published ones, or one's own with drafts. */
export function Feed({ mine = false }: { mine?: boolean }) {
  const { sort, period, search } = readQuery();
  const shown = `${mine} ${sort} ${period} ${search}`;
  const [posts, setPosts] = useState<Post[]>([]);
  const [next, setNext] = useState<string | undefined>();
  const [state, setState] = useState<'reading' | 'done' | unknown>('reading');
  // An answer that comes after something else was asked for is thrown away.
  const current = useRef('');

  const read = async (cursor?: string) => {
    const asked = (current.current = `${shown} ${cursor} ${Math.random()}`);
    setState('reading');
    try {
      const page = await readPage(mine, cursor);
      if (current.current !== asked) return;
      if (!cursor) arrived.value = [];
      const known = new Set(cursor ? posts.map(({ id }) => id) : []);
      setPosts([...(cursor ? posts : []), ...page.posts.filter(({ id }) => !known.has(id))]);
      setNext(page.next);
      setState('done');
    } catch (error) {
      if (current.current === asked) setState(error);
    }
  };
  useEffect(() => void read(), [shown, missed.value]);

  const fresh = mine || search ? 0 : arrived.value.length;
  return (
    <>
      <div class="head">
        <h1>{mine ? 'Your posts' : 'Feed'}</h1>
        <Search mine={mine} search={search} sort={sort} />
      </div>
      {!mine && <Sorting sort={sort} period={period} search={search} />}
      <p role="status" class="fresh">
        {fresh > 0 && (
          <button type="button" onClick={() => void read()}>
            {fresh === 1 ? '1 new post' : `${fresh} new posts`}
          </button>
        )}
      </p>
      <ol
        class="posts"
        aria-busy={state === 'reading'}
        aria-label={mine ? 'Your posts' : `Posts, ${sorts[sort].toLowerCase()} first`}
      >
        {posts.map((post) => (
          <li key={post.id}>
            <PostCard post={post} />
          </li>
        ))}
      </ol>
      <End
        state={state}
        isEmpty={posts.length === 0}
        more={next && (() => void read(next))}
        again={() => void read(posts.length > 0 ? next : undefined)}
      />
    </>
  );
}

function Search({ mine, search, sort }: { mine: boolean; search: string; sort: Sort }) {
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = String(new FormData(event.currentTarget).get('search') ?? '');
        go(`/${mine ? 'mine' : 'feed'}?${new URLSearchParams({ ...(!mine && { sort }), search: text })}`);
      }}
    >
      <label class="unseen" for="search">
        Search in titles
      </label>
      <input
        id="search"
        name="search"
        type="search"
        placeholder="Search titles"
        maxlength={200}
        value={search}
      />
    </form>
  );
}

function Sorting({ sort, period, search }: { sort: Sort; period: Period; search: string }) {
  const at = (query: Record<string, string>) =>
    `#/feed?${new URLSearchParams({ ...query, ...(search && { search }) })}`;
  return (
    <nav class="sorts" aria-label="Order">
      {Object.entries(sorts).map(([key, text]) => (
        <a key={key} href={at({ sort: key })} aria-current={key === sort ? 'true' : undefined}>
          {text}
        </a>
      ))}
      {sort === 'top' && (
        <select
          aria-label="Period"
          value={period}
          onChange={(event) => go(at({ sort, period: event.currentTarget.value }))}
        >
          {Object.entries(periods).map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </nav>
  );
}

interface EndProps {
  state: unknown;
  isEmpty: boolean;
  more: (() => void) | undefined | '';
  again(): void;
}

/** Asks for the next page when it comes into sight; by the button, too, for those who do not scroll. */
function End({ state, isEmpty, more, again }: EndProps) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current || !more || state !== 'done') return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && more(), {
      rootMargin: '600px',
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  });
  return (
    <div class="end" ref={end}>
      {state === 'reading' && <p class="quiet">Reading …</p>}
      {state === 'done' && more && (
        <button type="button" class="quiet" onClick={more}>
          Show more
        </button>
      )}
      {state === 'done' && !more && <p class="quiet">{isEmpty ? 'Nothing here yet.' : 'That is all.'}</p>}
      {state !== 'reading' && state !== 'done' && (
        <div class="problem" role="alert">
          <p>{sentenceOf(state)}</p>
          <button type="button" onClick={again}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
