/** Sends a request. To send it again, send clones. */
export type Send = (request: Request) => Promise<Response>;
