/** How a request ended: done, refused as the contract says, not started because of overload, or with an unknown outcome. */
type Outcome = 'ok' | 'refused' | 'shed' | 'info';

export interface Entry {
  operation: string;
  outcome: Outcome;
  /** The status, or what happened to the connection. */
  answer: string;
  /** Milliseconds since the start of the run. */
  startedAt: number;
  endedAt: number;
}

/** What was asked of Agora, and how that went. */
export interface Journal {
  readonly entries: readonly Entry[];
  /** Milliseconds since the start of the run. */
  now(): number;
  write(operation: string, outcome: Outcome, answer: string, startedAt: number): void;
}

export function openJournal(): Journal {
  const entries: Entry[] = [];
  const start = performance.now();
  const now = () => performance.now() - start;
  return {
    entries,
    now,
    write: (operation, outcome, answer, startedAt) =>
      void entries.push({ operation, outcome, answer, startedAt, endedAt: now() }),
  };
}
