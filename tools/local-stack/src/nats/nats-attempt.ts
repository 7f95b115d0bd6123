/** Told what is being tried when it may take a while. */
export type Announce = (text: string) => void;

/** What came of trying to get a `nats-server`: where it is now, or why there is none. */
export type Attempt = { file: string } | { reason: string };
