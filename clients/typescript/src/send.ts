/** Sends a request. Whoever sends it again sends clones. */
export type Send = (request: Request) => Promise<Response>;
