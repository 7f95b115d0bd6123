import { useEffect, useRef } from 'preact/hooks';
import { Account } from './account.js';
import { agora, isModerator, me } from './agora.js';
import { Editor } from './editor.js';
import { ConfirmEmail, LogIn, Register, ResetPassword } from './enter.js';
import { Feed } from './feed.js';
import { Moderation } from './moderation.js';
import { PostPage } from './post-page.js';
import { place } from './router.js';
import { Said, say } from './say.js';

/** What is shown at the place, and what its window is called. */
function view(): [title: string, content: preact.JSX.Element] {
  const { parts } = place.value;
  const [first = 'feed', second = ''] = parts;
  if (first.startsWith('confirm-email')) return ['Confirm your address', <ConfirmEmail key={first} />];
  if (first.startsWith('reset-password')) return ['A new password', <ResetPassword key={first} />];
  if (me.value === null) return first === 'register' ? ['Register', <Register />] : ['Log in', <LogIn />];
  if (first === 'posts' && parts[2] === 'edit') return ['Edit', <Editor key={second} id={Number(second)} />];
  if (first === 'posts') return ['Post', <PostPage key={second} id={Number(second)} />];
  if (first === 'write') return ['Write', <Editor />];
  if (first === 'account') return ['Your account', <Account />];
  if (first === 'moderation' && isModerator.value) return ['Moderation', <Moderation />];
  return first === 'mine' ? ['Your posts', <Feed key="mine" mine />] : ['Feed', <Feed key="feed" />];
}

/** The frame of every view. */
export function App() {
  const main = useRef<HTMLElement>(null);
  const [title, content] = me.value === undefined ? ['Agora', <p class="quiet">One moment …</p>] : view();
  const here = place.value.parts.join('/');
  useEffect(() => {
    document.title = `${title} – Agora`;
  }, [title]);
  // What a view has put the focus on already stays.
  useEffect(() => {
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [here]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header>
        <a class="brand" href="#/feed">
          <span aria-hidden="true">▲</span> Agora
        </a>
        {me.value && <Navigation here={here || 'feed'} />}
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {content}
      </main>
      <Said />
    </>
  );
}

function Navigation({ here }: { here: string }) {
  const links = [
    ['feed', 'Feed'],
    ['mine', 'Your posts'],
    ['write', 'Write'],
    ...(isModerator.value ? [['moderation', 'Moderation']] : []),
    ['account', me.value?.name ?? ''],
  ];
  const logOut = () =>
    agora
      .logOut()
      .catch(() => say('Agora can’t be reached, so this session goes on. Try again in a moment.'));
  return (
    <nav aria-label="Agora">
      {links.map(([path, text]) => (
        <a key={path} href={`#/${path}`} aria-current={here === path ? 'page' : undefined}>
          {text}
        </a>
      ))}
      <button type="button" class="quiet" onClick={logOut}>
        Log out
      </button>
    </nav>
  );
}
