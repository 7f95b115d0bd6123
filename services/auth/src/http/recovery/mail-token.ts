import { forbidden } from '@agora/http';
import Joi from 'joi';

/** A token from a mail, in a body. */
export const mailToken = Joi.string()
  .max(128)
  .required()
  .description('The part of the link in the mail after `=`.');

/** 403: the token is wrong, used, expired, or a newer one was sent. */
export const invalidMailToken = () =>
  forbidden('invalid_mail_token', 'The token is invalid, expired or already used. Request a new mail.');
