import { currentRequest } from './request-context.js';

/** Audit log entries: logins, logouts and refusals. */
export type AuditEvent =
  | 'user_registered'
  | 'user_deleted'
  | 'password_changed'
  | 'password_change_refused'
  | 'password_reset'
  | 'email_confirmed'
  | 'email_change_requested'
  | 'totp_enabled'
  | 'totp_disabled'
  | 'session_ended'
  | 'sessions_ended'
  | 'account_moderated'
  | 'access_refused'
  | 'token_refused';

interface AuditFields {
  user_id?: number;
  session_id?: string;
  /** What a moderator, an admin or an operator did. */
  action?: string;
  /** The code of the problem that was answered. */
  code?: string;
}

/** Writes the log line of an act that matters to security, with the id of the request and, once it is known, of its user. */
export function audit(event: AuditEvent, fields: AuditFields = {}): void {
  currentRequest()?.logger?.info({ event, ...fields }, event.replaceAll('_', ' '));
}
