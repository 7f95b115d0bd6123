import { tooMany } from '@agora/http';
import { clientLeft } from '@agora/http/serve';
import type { Context } from 'koa';

/** Limits how much of one caller is in progress at once; further requests wait, in order. */
export interface Turns {
  /**
   * Does work that weighs so much once there is room for it. Throws a 429 when too much of the same caller waits already, and a 499 when
   * the client leaves before its turn: then the work is never done.
   */
  take(ctx: Context, caller: string, weight: number, work: () => Promise<void>): Promise<void>;
}

export interface TurnBounds {
  /** How much of one caller may be in progress, in points (`cost.ts`). */
  inWork: number;
  /** How many requests of one caller may wait. */
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

/** Lets callers take turns, each in a queue of its own. A request that weighs more than the limit runs alone. */
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
    async take(ctx, caller, weight, work) {
      const line = lines.get(caller) ?? { inWork: 0, waiting: [] };
      lines.set(caller, line);
      if (line.waiting.length === 0 && hasRoom(line, weight)) line.inWork += weight;
      else if (line.waiting.length >= maxWaiting) throw tooManyAtOnce();
      else await awaitTurn(ctx, line, weight);
      try {
        await work();
      } finally {
        line.inWork -= weight;
        admitNext(line);
        if (line.inWork === 0 && line.waiting.length === 0) lines.delete(caller);
      }
    },
  };
}

const tooManyAtOnce = () =>
  tooMany('rate_limited', 'Too many of your requests are waiting. Send fewer at once.', 1);
