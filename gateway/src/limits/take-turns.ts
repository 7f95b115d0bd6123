import { tooMany } from '@agora/http';
import { clientLeft } from '@agora/http/serve';
import type { Context } from 'koa';

/** How much of one asker is worked on at once; what comes on top waits, in order. */
export interface Turns {
  /**
   * Does work that weighs so much once there is room for it. Throws a 429 when too much of the same asker waits already, and a 499 when
   * the client leaves before its turn: then the work is never done.
   */
  take(ctx: Context, asker: string, weight: number, work: () => Promise<void>): Promise<void>;
}

export interface TurnBounds {
  /** What may be in work of one asker, in points (`cost.ts`). */
  inWork: number;
  /** How many requests of one asker may wait. */
  waiting: number;
}

interface Waiter {
  weight: number;
  admit(): void;
}

interface Line {
  inWork: number;
  waiting: Waiter[];
}

/** Lets askers take turns, each in a line of its own. Something that weighs more than the bound is worked on alone. */
export function takeTurns({ inWork: bound, waiting: maxWaiting }: TurnBounds): Turns {
  const lines = new Map<string, Line>();
  const hasRoom = ({ inWork }: Line, weight: number) => inWork === 0 || inWork + weight <= bound;

  const admitNext = (line: Line) => {
    for (let [next] = line.waiting; next && hasRoom(line, next.weight); [next] = line.waiting) {
      line.waiting.shift();
      line.inWork += next.weight;
      next.admit();
    }
  };

  const awaitTurn = (ctx: Context, line: Line, weight: number) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        line.waiting.splice(line.waiting.indexOf(waiter), 1);
        admitNext(line);
        reject(clientLeft());
      };
      const waiter: Waiter = {
        weight,
        admit() {
          ctx.res.off('close', leave);
          resolve();
        },
      };
      line.waiting.push(waiter);
      ctx.res.once('close', leave);
    });

  return {
    async take(ctx, asker, weight, work) {
      const line = lines.get(asker) ?? { inWork: 0, waiting: [] };
      lines.set(asker, line);
      if (line.waiting.length === 0 && hasRoom(line, weight)) line.inWork += weight;
      else if (line.waiting.length >= maxWaiting) throw tooManyAtOnce();
      else await awaitTurn(ctx, line, weight);
      try {
        await work();
      } finally {
        line.inWork -= weight;
        admitNext(line);
        if (line.inWork === 0 && line.waiting.length === 0) lines.delete(asker);
      }
    },
  };
}

const tooManyAtOnce = () =>
  tooMany('rate_limited', 'Too many of your requests are waiting. Send fewer at once.', 1);
