import Joi from 'joi';
import type { SessionView } from '../../models/session.js';

export const sessionId = Joi.string().guid();

/** What a user sees of one of their sessions. */
export const sessionView = Joi.object<SessionView, true>({
  id: sessionId.required(),
  created_at: Joi.string().isoDate().required(),
  last_used_at: Joi.string().isoDate().required(),
  expires_at: Joi.string().isoDate().required(),
  ip: Joi.string().required().description('IP address that opened the session.'),
  user_agent: Joi.string().allow('').required(),
  current: Joi.boolean().required().description('Whether this is the session of the access token.'),
})
  .example({
    id: '8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55',
    created_at: '2026-01-31T12:00:00.000Z',
    last_used_at: '2026-01-31T12:30:00.000Z',
    expires_at: '2026-03-02T12:00:00.000Z',
    ip: '203.0.113.7',
    user_agent: 'curl/8.5.0',
    current: true,
  })
  .meta({ name: 'Session' });
