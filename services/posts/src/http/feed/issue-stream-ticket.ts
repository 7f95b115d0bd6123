import type { Description, Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { issueTicket } from '../../models/stream-ticket.js';

/** `POST /feed/stream/tickets`: what opens one stream in place of a token, for readers that can't send headers. */
export const issueStreamTicket: Handler = async (ctx) => {
  ctx.status = 201;
  ctx.body = { ticket: await issueTicket(requireUser(ctx)) };
};

/** For the OpenAPI document. */
export const issueStreamTicketDescription: Description = {
  name: 'createStreamTicket',
  summary: 'Create a stream ticket',
  details:
    'For clients such as `EventSource` that cannot send headers: open `GET /feed/stream?ticket=…` once within 60 seconds. The stream ends with the session and the access token that created the ticket.',
  answers: {
    201: {
      summary: 'The ticket.',
      body: Joi.object({ ticket: Joi.string().required() })
        .example({ ticket: 'qO3s0WgAS8Kl7tBq1P1J6nq2gT1bJr3bXw9Xo4m5mZc' })
        .meta({ name: 'StreamTicket' }),
      links: { streamFeed: { ticket: '$response.body#/ticket' } },
    },
  },
};
