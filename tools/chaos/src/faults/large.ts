import type { Fault, LargeData, Scene } from './fault.js';

/** A large operation of one user that must not delay others; `act` runs after their login. */
const heavy = (
  kind: string,
  whose: (scene: Scene, large: LargeData) => Promise<number>,
  act: Act,
): Fault => ({
  kind,
  touches: 'data',
  quick: true,
  first: true,
  async run(scene) {
    const { large, attempt, system } = scene;
    if (!large) throw new Error('there is no large data');
    const id = await whose(scene, large);
    const [user] = await system.administration.query<{ email: string }>(
      'SELECT email FROM auth.users WHERE id = $1',
      [id],
    );
    if (!user) return `user ${id} is gone already`;
    const form = { username: user.email, password: large.password };
    const login = await attempt('log in', 'POST', '/login', { form });
    if (login?.status !== 200) throw new Error(`user ${id} could not log in`);
    const answer = await attempt('act at large', ...act(large), { token: String(login.body.access_token) });
    return `user ${id}: ${answer?.status ?? 'no final answer'}`;
  },
});

type Act = (large: LargeData) => [method: string, path: string];

/** Run at real size alone: one user's weight is not everybody's wait. */
export const largeFaults: readonly Fault[] = [
  heavy(
    'end 20,000 sessions',
    async (_, { manySessions }) => manySessions,
    () => ['DELETE', '/sessions'],
  ),
  heavy(
    'delete a post with 100,000 votes',
    async ({ system }, { hotPost }) => {
      const [post] = await system.administration.query<{ owner_id: number }>(
        'SELECT owner_id FROM posts.posts WHERE id = $1',
        [hotPost],
      );
      return post?.owner_id ?? 0;
    },
    ({ hotPost }) => ['DELETE', `/posts/${hotPost}`],
  ),
  heavy(
    'delete an author of 10,000 posts',
    async (_, { prolific }) => prolific,
    () => ['DELETE', '/users/me'],
  ),
];
