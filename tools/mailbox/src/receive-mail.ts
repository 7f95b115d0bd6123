import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Logger, Stoppable } from '@agora/process';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { Message } from './messages.js';

const maxBytes = 256 * 1024;

/** An SMTP server that takes mail to anybody from anybody, and hands it over instead of delivering it. */
export async function receiveMail(
  { host, port, logger }: { host: string; port: number; logger: Pick<Logger, 'warn'> },
  keep: (message: Message) => void,
): Promise<Stoppable> {
  const server = new SMTPServer({
    authOptional: true,
    // There is no certificate.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: maxBytes,
    maxClients: 100,
    closeTimeout: 1_000,
    onAuth: (_auth, _session, callback) => callback(null, { user: 'anybody' }),
    onData: (stream, { envelope }, callback) => {
      const recipients = envelope.rcptTo.map(({ address }) => address);
      void take(stream, recipients, keep, callback);
    },
  });
  server.on('error', (error) => logger.warn({ error }, 'an SMTP connection failed'));
  server.listen(port, host);
  await once(server.server, 'listening');
  return { stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function take(
  stream: Readable,
  recipients: string[],
  keep: (message: Message) => void,
  callback: (error: Error | null) => void,
): Promise<void> {
  try {
    for (const message of await read(stream, recipients)) keep(message);
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  callback(null);
}

async function read(stream: Readable, recipients: string[]): Promise<Message[]> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes)
    throw Object.assign(new Error(`A mail may have ${maxBytes} bytes.`), { responseCode: 552 });
  const { from, subject = '', text = '' } = await PostalMime.parse(Buffer.concat(chunks));
  const message = { from: from?.address ?? '', subject, text, received_at: new Date().toISOString() };
  return recipients.map((to) => ({ to, ...message }));
}
