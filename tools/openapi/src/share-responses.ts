import { STATUS_CODES } from 'node:http';

interface Operation {
  responses: Record<string, unknown>;
}

/**
 * Moves the most frequent response for each status of 400 or more to `#/components/responses`, under the name of the status; other responses
 * stay where they are. Returns those components.
 */
export function shareResponses(operations: readonly Operation[]): Record<string, unknown> {
  const uses = Map.groupBy(
    operations.flatMap(({ responses }) =>
      Object.entries(responses).map(([status, response]) => ({
        responses,
        status,
        text: JSON.stringify(response),
      })),
    ),
    ({ status, text }) => `${status} ${text}`,
  );
  const most = new Map<string, NonNullable<ReturnType<typeof uses.get>>>();
  for (const group of uses.values()) {
    const status = group[0]?.status ?? '';
    if (Number(status) >= 400 && group.length > (most.get(status)?.length ?? 1)) most.set(status, group);
  }
  const shared = [...most].map(([status, group]) => {
    const name = (STATUS_CODES[status] ?? status).replaceAll(/[^A-Za-z]/g, '');
    const response = group[0]?.responses[status];
    for (const { responses } of group) responses[status] = { $ref: `#/components/responses/${name}` };
    return [name, response] as const;
  });
  return Object.fromEntries(shared);
}
