import { Readable } from 'node:stream';

/** What one client may leave unread before it is dropped, in bytes: more than any post takes, several times over. */
export const maxUnread = 1_048_576;

/** The answer to one client: server-sent events, which it reads as fast as it can or loses. */
export class EventStream extends Readable {
  #sent = 0;
  #readAtHeartbeat = -1;
  #hasEnded = false;

  override _read(): void {
    // Events come when something happens, not when they are asked for.
  }

  /** Sends some events; a client that has too much unread is dropped. The buffer may be shared between clients. */
  send(events: Buffer): void {
    if (this.destroyed || this.#hasEnded) return;
    this.#sent += events.length;
    if (this.readableLength + events.length > maxUnread) this.destroy();
    else this.push(events);
  }

  /** Sends a heartbeat, or disconnects a client that has read nothing since the last one although data is waiting. */
  sendHeartbeat(heartbeat: Buffer): void {
    const read = this.#sent - this.readableLength;
    if (this.readableLength > 0 && read === this.#readAtHeartbeat) return void this.destroy();
    this.#readAtHeartbeat = read;
    this.send(heartbeat);
  }

  /** Ends the answer as a whole one, or breaks it off when there is something unread: what waits may not go out any more. */
  end(): void {
    if (this.destroyed || this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.readableLength > 0) this.destroy();
    else this.push(null);
  }
}
