import type { RenderedObject } from '../../check/render.ts';

/** Says what in an overlay is not as it should be; nothing when all is well. */
export type Statement = (objects: RenderedObject[]) => Iterable<string>;
