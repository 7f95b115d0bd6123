/**
 * Two relays of one service and one event of its outbox. One is active, by a lease that ends when its holder freezes; a frozen relay may wake up
 * in the middle of its work. The stream is lost twice, and each time the event is to be published again.
 */
import type { Model, Step } from './explore.ts';

/** One wrong way to build it. */
export type LeaseVariant = 'a lock without an end' | 'a lease without fencing';

/** What a relay does next in the database, after it has published. */
type Pending = 'mark as published' | 'note as published again';

interface Relay {
  /** Of the lease that it believes to hold. */
  token: number | null;
  pending: Pending | null;
  isFrozen: boolean;
}

interface State {
  relays: [Relay, Relay];
  /** Rows of the database. */
  lease: { holder: number | null; token: number };
  isMarked: boolean;
  knownStream: number;
  isRepublishing: boolean;
  /** Whether the stream holds the event. */
  stream: { id: number; holdsEvent: boolean };
  left: { freezes: number; losses: number };
}

const idle = (): Relay => ({ token: null, pending: null, isFrozen: false });

/** The design, or a variant of it. */
export const leaseModel = (variant?: LeaseVariant): Model<State> => ({
  initial: {
    relays: [idle(), idle()],
    lease: { holder: null, token: 0 },
    isMarked: false,
    knownStream: 0,
    isRepublishing: false,
    stream: { id: 0, holdsEvent: false },
    left: { freezes: 1, losses: 2 },
  },
  steps: (state) => [
    ...relaySteps(state, 0, variant),
    ...relaySteps(state, 1, variant),
    ...leaseSteps(state, variant),
    ...lossSteps(state),
  ],
  broken: () => undefined,
  unsettled: ({ stream }) => (stream.holdsEvent ? undefined : 'a committed change is never heard of'),
});

/** A step: `change` alters a copy of the state. */
function step(state: State, name: string, change: (copy: State) => void): Step<State> {
  const copy = structuredClone(state);
  change(copy);
  return { name, to: copy };
}

function relaySteps(state: State, index: 0 | 1, variant?: LeaseVariant): Step<State>[] {
  const relay = state.relays[index];
  const name = `relay ${index + 1}`;
  if (relay.isFrozen) {
    const wake = step(state, `${name} wakes up`, (copy) => (copy.relays[index].isFrozen = false));
    return [{ ...wake, isOptional: true }];
  }
  const freezes: Step<State>[] = [];
  if (state.left.freezes > 0 && relay.token !== null) {
    const freeze = step(state, `${name} freezes`, (copy) => {
      copy.relays[index].isFrozen = true;
      copy.left.freezes -= 1;
    });
    freezes.push({ ...freeze, isOptional: true });
  }
  return [...freezes, ...workSteps(state, index, name, variant)];
}

function workSteps(state: State, index: 0 | 1, name: string, variant?: LeaseVariant): Step<State>[] {
  const { token, pending } = state.relays[index];
  /** A statement that does nothing once another has taken the lease; the relay knows it then. */
  const write = (what: string, change: (copy: State) => void) =>
    step(state, `${name}: ${what}`, (copy) => {
      const isHolder = token === copy.lease.token;
      if (isHolder || variant === 'a lease without fencing') change(copy);
      copy.relays[index].pending = null;
      if (!isHolder) copy.relays[index].token = null;
    });
  const publish = (next: Pending) =>
    step(state, `${name}: publish`, (copy) => {
      copy.stream.holdsEvent = true;
      copy.relays[index].pending = next;
    });
  if (token === null) {
    if (state.lease.holder !== null) return [];
    return [
      step(state, `${name}: take the lease`, (copy) => {
        copy.lease = { holder: index, token: copy.lease.token + 1 };
        copy.relays[index].token = copy.lease.token;
      }),
    ];
  }
  if (pending === 'mark as published') return [write(pending, (copy) => (copy.isMarked = true))];
  if (pending) return [write(pending, (copy) => (copy.isRepublishing = false))];
  if (state.knownStream !== state.stream.id)
    return [
      write('see another stream', (copy) => {
        copy.knownStream = copy.stream.id;
        copy.isRepublishing = true;
      }),
    ];
  if (!state.isMarked) return [publish('mark as published')];
  return state.isRepublishing ? [publish('note as published again')] : [];
}

/** A lease ends while its holder is frozen, and its holder does not notice. */
function leaseSteps(state: State, variant?: LeaseVariant): Step<State>[] {
  const { holder } = state.lease;
  if (variant === 'a lock without an end' || holder === null || !state.relays[holder]?.isFrozen) return [];
  return [step(state, 'the lease ends', (copy) => (copy.lease.holder = null))];
}

function lossSteps(state: State): Step<State>[] {
  const { left, stream } = state;
  if (left.losses === 0 || !stream.holdsEvent) return [];
  const loss = step(state, 'the stream is lost', (copy) => {
    copy.stream = { id: stream.id + 1, holdsEvent: false };
    copy.left.losses -= 1;
  });
  return [{ ...loss, isOptional: true }];
}
