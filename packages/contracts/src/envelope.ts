import Joi from 'joi';

/** An event on the wire: CloudEvents 1.0 in its JSON format, with `requestid` and `traceparent` as extension attributes. */
export interface Envelope<Data = unknown> {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  time: string;
  datacontenttype: 'application/json';
  requestid?: string;
  traceparent?: string;
  data: Data;
}

/** Validates everything of an envelope but its data. */
export const envelopeSchema = Joi.object<Envelope>({
  specversion: Joi.string().valid('1.0').required(),
  id: Joi.string().guid().required().description('Unique per event; the same in every redelivery.'),
  source: Joi.string().required().description('The service that published it, such as `agora/posts`.'),
  type: Joi.string().required(),
  time: Joi.string().isoDate().required().description('RFC 3339, in UTC.'),
  datacontenttype: Joi.string().valid('application/json').required(),
  requestid: Joi.string().description('The `X-Request-Id` of the request that caused the event.'),
  traceparent: Joi.string().description(
    "The trace of that request (W3C Trace Context), by CloudEvents' extension for distributed tracing.",
  ),
  data: Joi.object().required(),
})
  .unknown()
  .required()
  .prefs({ convert: false });
