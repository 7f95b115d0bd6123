import { getJson } from '@agora/http/get-json';
import Joi from 'joi';
import type { RevocationSettings } from './settings.js';

/** A page of what auth has revoked, the oldest first. */
export interface RevocationPage {
  /** The number of the newest committed revocation. */
  newest: number;
  revocations: { number: number; type: string; data: Record<string, unknown> }[];
  /** Whether there are more. */
  more: boolean;
}

/** Returns the revocations after that number, as far back as a token may live; rejects when they are not known. */
export type AskForRevocations = (after: number) => Promise<RevocationPage>;

/** Long enough for a busy auth, and short enough to retry within the bound. */
const patienceMilliseconds = 1_000;

/** Returns a function that asks auth's internal port. */
export const askAuthForRevocations =
  ({ REVOCATIONS_URL: url = '', REVOCATIONS_SECRET: secret }: RevocationSettings): AskForRevocations =>
  async (after) => {
    const headers = { Authorization: `Bearer ${secret}` };
    const { status, body } = await getJson(`${url}?after=${after}`, patienceMilliseconds, headers);
    if (body === undefined) throw new Error(`auth answered ${status} when it was asked for revocations`);
    return Joi.attempt(body, page);
  };

const number = Joi.number().integer().min(0).required();

const page = Joi.object<RevocationPage>({
  newest: number,
  revocations: Joi.array()
    .items(Joi.object({ number, type: Joi.string().required(), data: Joi.object().required() }))
    .required(),
  more: Joi.boolean().required(),
})
  .unknown()
  .prefs({ convert: false });
