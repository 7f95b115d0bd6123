/**
 * Two changes, each propagated to another service by an event: outbox → relay → broker → inbox. Each fault comes once, at any moment:
 * the writer, the relay and the consumer crash, the broker forgets what was acknowledged, and loses its stream.
 */
import type { Model, Step } from './explore.ts';

/** One wrong way to build it. */
export type DeliveryVariant =
  | 'dual write'
  | 'mark before publish'
  | 'ack before commit'
  | 'no inbox'
  | 'cursor polling'
  | 'no republish after a wiped stream';

const events = [0, 1] as const;
type Event = (typeof events)[number];
type Fault =
  'writer crashes' | 'relay crashes' | 'consumer crashes' | 'broker forgets acks' | 'stream is lost';

/** It takes its place in the order of the outbox when its transaction begins, not when it commits. */
interface Change {
  place: number;
  state: 'none' | 'open' | 'committed' | 'given up';
  outbox: 'no' | 'new' | 'published';
}

interface State {
  changes: [Change, Change];
  /** Of the relay, kept in the database: which stream it knows, and the last place (cursor polling alone). */
  knownStream: number;
  cursor: number;
  /** What the relay works on, and which of its two steps it has done. */
  relay: { event: Event; done: 'nothing' | 'first' } | null;
  stream: { id: number; messages: { event: Event; state: 'waiting' | 'delivered' | 'acked' }[] };
  /** What the consumer works on, its place in the stream, and which of its two steps it has done. */
  consumer: { event: Event; index: number; stream: number; done: 'nothing' | 'first' } | null;
  inbox: Event[];
  applied: [number, number];
  left: Fault[];
}

const untouched: Change = { place: 0, state: 'none', outbox: 'no' };

/** The design, or a variant of it. */
export const deliveryModel = (variant?: DeliveryVariant): Model<State> => ({
  initial: {
    changes: [untouched, untouched],
    knownStream: 0,
    cursor: 0,
    relay: null,
    stream: { id: 0, messages: [] },
    consumer: null,
    inbox: [],
    applied: [0, 0],
    left: ['writer crashes', 'relay crashes', 'consumer crashes', 'broker forgets acks', 'stream is lost'],
  },
  steps: (state) => [
    ...writerSteps(state, variant),
    ...relaySteps(state, variant),
    ...brokerSteps(state),
    ...consumerSteps(state, variant),
  ],
  broken: ({ applied, changes }) =>
    applied.some((times) => times > 1)
      ? 'an event was applied twice'
      : applied.some((times, event) => times > 0 && changes[event]?.state !== 'committed')
        ? 'an event was applied whose change was never committed'
        : undefined,
  unsettled: ({ applied, changes }) =>
    changes.some(({ state }, event) => state === 'committed' && applied[event] === 0)
      ? 'a committed change is never heard of'
      : undefined,
});

/** A step: `change` alters a copy of the state. */
function step(state: State, name: string, change: (copy: State) => void): Step<State> {
  const copy = JSON.parse(JSON.stringify(state)) as State;
  change(copy);
  return { name, to: copy };
}

/** As `step`, if the fault has not happened yet. */
function fault(state: State, name: Fault, change: (copy: State) => void): Step<State>[] {
  if (!state.left.includes(name)) return [];
  const after = step(state, name, (copy) => {
    copy.left = copy.left.filter((each) => each !== name);
    change(copy);
  });
  return [{ ...after, isOptional: true }];
}

const publish = (state: State, event: Event) => state.stream.messages.push({ event, state: 'waiting' });

function writerSteps(state: State, variant?: DeliveryVariant): Step<State>[] {
  return events.flatMap((event) => {
    const own = state.changes[event];
    const become = (copy: State, change: Partial<Change>) => Object.assign(copy.changes[event], change);
    if (own.state === 'none') {
      const place = Math.max(...state.changes.map((each) => each.place)) + 1;
      const begin = step(state, `begin ${event}`, (copy) => become(copy, { state: 'open', place }));
      return [{ ...begin, isOptional: true }];
    }
    if (own.state === 'open')
      return [
        step(state, `commit ${event}`, (copy) => become(copy, { state: 'committed', outbox: 'new' })),
        ...fault(state, 'writer crashes', (copy) => become(copy, { state: 'given up' })),
      ];
    // Without an outbox the event is published after the commit, in a separate write.
    if (variant !== 'dual write' || own.outbox !== 'new') return [];
    return [
      step(state, `writer publishes ${event}`, (copy) => {
        become(copy, { outbox: 'published' });
        publish(copy, event);
      }),
      ...fault(state, 'writer crashes', (copy) => become(copy, { outbox: 'no' })),
    ];
  });
}

function relaySteps(state: State, variant?: DeliveryVariant): Step<State>[] {
  if (variant === 'dual write') return [];
  const { relay, stream } = state;
  const mark = (event: Event) =>
    step(state, `relay marks ${event}`, (copy) => {
      copy.changes[event].outbox = 'published';
      copy.cursor = copy.changes[event].place;
      copy.relay = variant === 'mark before publish' ? { event, done: 'first' } : null;
    });
  const send = (event: Event) =>
    step(state, `relay publishes ${event}`, (copy) => {
      publish(copy, event);
      copy.relay = variant === 'mark before publish' ? null : { event, done: 'first' };
    });
  if (relay) {
    const [first, second] = variant === 'mark before publish' ? [mark, send] : [send, mark];
    return [
      relay.done === 'nothing' ? first(relay.event) : second(relay.event),
      ...fault(state, 'relay crashes', (copy) => (copy.relay = null)),
    ];
  }
  if (state.knownStream !== stream.id)
    return [
      step(state, 'relay sees another stream', (copy) => {
        copy.knownStream = stream.id;
        if (variant === 'no republish after a wiped stream') return;
        for (const change of copy.changes) if (change.outbox === 'published') change.outbox = 'new';
        copy.cursor = 0;
      }),
    ];
  const waiting = events
    .filter((event) => {
      const own = state.changes[event];
      if (own.state !== 'committed') return false;
      return variant === 'cursor polling' ? own.place > state.cursor : own.outbox === 'new';
    })
    .toSorted((one, other) => state.changes[one].place - state.changes[other].place);
  const [oldest] = waiting;
  if (oldest === undefined) return [];
  return [step(state, `relay takes ${oldest}`, (copy) => (copy.relay = { event: oldest, done: 'nothing' }))];
}

function brokerSteps(state: State): Step<State>[] {
  const { stream, consumer } = state;
  const deliveries = consumer
    ? []
    : stream.messages.flatMap((message, index) =>
        message.state === 'waiting'
          ? [
              step(state, `broker delivers ${message.event}`, (copy) => {
                copy.stream.messages = copy.stream.messages.with(index, { ...message, state: 'delivered' });
                copy.consumer = { event: message.event, index, stream: stream.id, done: 'nothing' };
              }),
            ]
          : [],
      );
  const hasAcked = stream.messages.some((message) => message.state === 'acked');
  return [
    ...deliveries,
    ...(hasAcked
      ? fault(state, 'broker forgets acks', (copy) => {
          for (const message of copy.stream.messages)
            if (message.state === 'acked') message.state = 'waiting';
        })
      : []),
    ...(stream.messages.length > 0
      ? fault(state, 'stream is lost', (copy) => (copy.stream = { id: stream.id + 1, messages: [] }))
      : []),
  ];
}

function consumerSteps(state: State, variant?: DeliveryVariant): Step<State>[] {
  const { consumer } = state;
  if (!consumer) return [];
  const { event, index } = consumer;
  const isLast = consumer.done === 'first';
  const goOn = (copy: State) => (copy.consumer = isLast ? null : { ...consumer, done: 'first' });
  const apply = step(state, `consumer applies ${event}`, (copy) => {
    const isKnown = variant !== 'no inbox' && copy.inbox.includes(event);
    if (!isKnown) copy.applied[event] += 1;
    if (!copy.inbox.includes(event))
      copy.inbox = [...copy.inbox, event].toSorted((one, other) => one - other);
    goOn(copy);
  });
  const ack = step(state, `consumer acks ${event}`, (copy) => {
    const message = copy.stream.id === consumer.stream ? copy.stream.messages[index] : undefined;
    if (message) message.state = 'acked';
    goOn(copy);
  });
  const [first, second] = variant === 'ack before commit' ? [ack, apply] : [apply, ack];
  return [
    isLast ? second : first,
    ...fault(state, 'consumer crashes', (copy) => {
      copy.consumer = null;
      // What was delivered and not acknowledged comes again.
      for (const message of copy.stream.messages)
        if (message.state === 'delivered') message.state = 'waiting';
    }),
  ];
}
