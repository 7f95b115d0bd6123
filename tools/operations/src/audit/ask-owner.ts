import { askService, Problem, type InternalAddress } from '@agora/http';

/** Asks the internal port of another service; undefined when it knows no such thing. Throws one clear line when it gives no answer. */
export async function askOwner<Resource>(
  owner: InternalAddress,
  path: string,
): Promise<Resource | undefined> {
  try {
    return await askService<Resource>(owner, path);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Error(
      `${owner.origin} gives no answer, or not to this secret; what is compared must be running`,
      { cause: error },
    );
  }
}

/** Asks for the things with these ids, of which there may be none; by id. */
export async function askForAll<Thing>(
  owner: InternalAddress,
  path: string,
  ids: readonly number[],
  idOf: (thing: Thing) => number,
): Promise<Map<number, Thing>> {
  if (ids.length === 0) return new Map();
  const things = (await askOwner<Thing[]>(owner, `${path}${ids.join()}`)) ?? [];
  return new Map(things.map((thing) => [idOf(thing), thing]));
}
