/** One vote, and the reaction to the deletion of its post, in two transactions that run side by side. */
import type { Model, Step } from './explore.ts';

interface State {
  vote: 'not begun' | 'has seen the post' | 'committed' | 'refused';
  deletion: 'not begun' | 'has written the tombstone' | 'has deleted the votes' | 'committed';
  /** Votes that are committed. */
  votes: number;
}

/** The design, in which a vote holds the row of its post until it commits; or the variant that only looks at it. */
export const deletionModel = (variant?: 'no row lock on the tombstone'): Model<State> => ({
  initial: { vote: 'not begun', deletion: 'not begun', votes: 0 },
  steps: (state) => [...voteSteps(state, !variant), ...deletionSteps(state, !variant)],
  broken: () => undefined,
  unsettled: ({ votes }) => (votes > 0 ? 'a vote is left on a deleted post' : undefined),
});

function voteSteps(state: State, locks: boolean): Step<State>[] {
  const { vote, deletion } = state;
  if (vote === 'has seen the post')
    return [{ name: 'vote commits', to: { ...state, vote: 'committed', votes: 1 } }];
  if (vote !== 'not begun') return [];
  if (deletion === 'committed')
    return [{ name: 'vote sees the tombstone', to: { ...state, vote: 'refused' } }];
  // The row is being written: who wants to hold it waits, who only looks sees it as it was.
  if (locks && deletion !== 'not begun') return [];
  return [{ name: 'vote sees the post', to: { ...state, vote: 'has seen the post' } }];
}

function deletionSteps(state: State, locks: boolean): Step<State>[] {
  const { vote, deletion } = state;
  if (deletion === 'not begun') {
    const isHeld = locks && vote === 'has seen the post';
    return isHeld
      ? []
      : [{ name: 'deletion writes the tombstone', to: { ...state, deletion: 'has written the tombstone' } }];
  }
  if (deletion === 'has written the tombstone')
    return [
      { name: 'deletion deletes the votes', to: { ...state, deletion: 'has deleted the votes', votes: 0 } },
    ];
  return deletion === 'committed'
    ? []
    : [{ name: 'deletion commits', to: { ...state, deletion: 'committed' } }];
}
