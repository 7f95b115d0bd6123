import { likelyFreePort, openFaultProxy, type FaultProxy } from '@agora/testing';
import { receiveMail } from '@agora/mailbox';

export interface ReceivedMail {
  to: string;
  subject: string;
  text: string;
  /** By the monotonic clock, in milliseconds. */
  at: number;
}

/** Takes the mail of all replicas of auth and keeps it, whatever happens to the way there. */
export interface MailServer {
  readonly received: readonly ReceivedMail[];
  way: FaultProxy;
  stop(): Promise<void>;
}

/** Opens an SMTP server in this process, and a way to it; `earlier` are mails that another one got. */
export async function openMailServer(earlier: readonly ReceivedMail[] = []): Promise<MailServer> {
  const received = [...earlier];
  const port = await likelyFreePort();
  const logger = { warn: () => undefined };
  const server = await receiveMail({ host: '127.0.0.1', port, logger }, ({ to, subject, text }) =>
    received.push({ to, subject, text, at: performance.now() }),
  );
  const way = await openFaultProxy(port);
  return {
    received,
    way,
    async stop() {
      await way.stop();
      await server.stop();
    },
  };
}
