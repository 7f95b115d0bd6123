const nothing: ReadonlySet<string> = new Set();

/** The lower-case names of the headers that a Connection header says are for this one connection (RFC 9110, section 7.6.1). */
export function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  // The usual values name none.
  if (!connection || connection === 'keep-alive' || connection === 'close') return nothing;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}
