/** An event of the live feed as a client reads it. */
export interface LiveEvent {
  event: string;
  id: string;
  data: { id?: number; title?: string; votes?: number; owner?: { name: string } };
}

/** A client of the live feed. */
export interface Listener {
  readonly status: number;
  readonly headers: Headers;
  /** All that came so far. */
  readonly events: LiveEvent[];
  /** The same as it came. */
  text(): string;
  /** The id to come back with. */
  lastEventId(): string;
  /** How the stream ended: as a whole answer or broken off. */
  readonly ended: Promise<'whole' | 'broken'>;
  close(): void;
}

/** Opens the live feed at a gateway or at posts itself, by `fetch`, as browsers must that have to send a token; resolves once the headers are there. */
export async function listen(
  origin: string,
  { token, ticket, lastEventId }: { token?: string; ticket?: string; lastEventId?: string },
): Promise<Listener> {
  const left = new AbortController();
  const response = await fetch(`${origin}/feed/stream${ticket ? `?ticket=${ticket}` : ''}`, {
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(lastEventId && { 'Last-Event-ID': lastEventId }),
    },
    signal: left.signal,
  });
  const events: LiveEvent[] = [];
  let id = lastEventId ?? '';
  let received = '';
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      received += chunk;
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parse(block);
        id = event.id ?? id;
        if (event.data !== undefined)
          events.push({ event: event.event ?? '', id, data: JSON.parse(event.data) as LiveEvent['data'] });
      }
    }
  };
  const ended = read().then(
    () => 'whole' as const,
    () => 'broken' as const,
  );
  return {
    status: response.status,
    headers: response.headers,
    events,
    text: () => received,
    lastEventId: () => id,
    ended,
    close: () => left.abort(),
  };
}

function parse(block: string): { event?: string; id?: string; data?: string } {
  const fields = block.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  // A comment has no name.
  return Object.fromEntries(fields.filter(([name]) => name !== ''));
}
