/** A step that a system may take from a state: what happens, and the state after it. */
export interface Step<State> {
  name: string;
  /** Optional, like a fault or a user's next request: a system is settled when only such steps are left. */
  isOptional?: boolean;
  to: State;
}

export interface Model<State> {
  initial: State;
  /** All steps that are possible in a state, in any of which it may go on. */
  steps(state: State): Step<State>[];
  /** What is wrong with a state whatever comes next; undefined when nothing is. */
  broken(state: State): string | undefined;
  /** What is wrong with a state in which everything has settled. */
  unsettled(state: State): string | undefined;
}

export interface Exploration {
  states: number;
  /** The shortest way to something wrong, and what that is; missing when the model holds. */
  counterexample?: { steps: string[]; problem: string };
}

/** Visits every state that a model can reach, the nearest first, and stops at the first that is wrong. */
export function explore<State>(model: Model<State>): Exploration {
  const cameFrom = new Map<string, { before: string; name: string } | undefined>();
  const keyOf = (state: State) => JSON.stringify(state);
  let frontier = [{ key: keyOf(model.initial), state: model.initial }];
  cameFrom.set(keyOf(model.initial), undefined);
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { key: before, state } of frontier) {
      const steps = model.steps(state);
      const isSettled = steps.every(({ isOptional }) => isOptional);
      const problem = model.broken(state) ?? (isSettled ? model.unsettled(state) : undefined);
      if (problem !== undefined)
        return { states: cameFrom.size, counterexample: { steps: wayTo(before, cameFrom), problem } };
      for (const { name, to } of steps) {
        const key = keyOf(to);
        if (cameFrom.has(key)) continue;
        cameFrom.set(key, { before, name });
        next.push({ key, state: to });
      }
    }
    frontier = next;
  }
  return { states: cameFrom.size };
}

function wayTo(key: string, cameFrom: Map<string, { before: string; name: string } | undefined>): string[] {
  const names: string[] = [];
  for (let at = cameFrom.get(key); at; at = cameFrom.get(at.before)) names.unshift(at.name);
  return names;
}
