import { askService, Problem } from '@agora/chassis';

/** Asks the internal port of another service; undefined when it knows no such thing. Throws one clear line when it gives no answer. */
export async function askOwner<Resource>(origin: string, path: string): Promise<Resource | undefined> {
  try {
    return await askService<Resource>(origin, path);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Error(`${origin} gives no answer; what is compared must be running`, { cause: error });
  }
}

/** Asks for the things with these ids, of which there may be none; by id. */
export async function askForAll<Thing>(
  origin: string,
  path: string,
  ids: readonly number[],
  idOf: (thing: Thing) => number,
): Promise<Map<number, Thing>> {
  if (ids.length === 0) return new Map();
  const things = (await askOwner<Thing[]>(origin, `${path}${ids.join()}`)) ?? [];
  return new Map(things.map((thing) => [idOf(thing), thing]));
}
