/** A mail as one of its recipients got it. */
export interface Message {
  to: string;
  from: string;
  subject: string;
  text: string;
  /** RFC 3339 in UTC. */
  received_at: string;
}

/** The newest mails; the oldest are dropped for new ones. */
export interface Messages {
  keep(message: Message): void;
  /** Newest first: those to an address, in any case, or all. */
  list(to?: string): Message[];
}

const maxMessages = 1_000;
const maxCharacters = 16 * 1024 * 1024;

/** An empty mailbox, in memory, that holds up to 1,000 mails and 16 million characters. */
export function openMessages(): Messages {
  const messages: Message[] = [];
  let characters = 0;
  return {
    keep(message) {
      messages.unshift(message);
      characters += sizeOf(message);
      while (messages.length > maxMessages || characters > maxCharacters) {
        const oldest = messages.pop();
        characters -= oldest ? sizeOf(oldest) : 0;
      }
    },
    list: (to) =>
      to === undefined
        ? [...messages]
        : messages.filter((message) => message.to.toLowerCase() === to.trim().toLowerCase()),
  };
}

const sizeOf = ({ to, from, subject, text }: Message) =>
  to.length + from.length + subject.length + text.length;
