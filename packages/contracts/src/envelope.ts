import Joi from 'joi';

/** An event on the wire: CloudEvents 1.0 in its JSON format, with `requestid` and `traceparent` as extension attributes. */
export interface Envelope<Data = unknown> {
  specversion: '1.0';
  /** UUID, unique per event; the same in every redelivery. */
  id: string;
  source: string;
  type: string;
  /** RFC 3339, UTC. */
  time: string;
  datacontenttype: 'application/json';
  /** The `X-Request-Id` of the request that caused the event. */
  requestid?: string;
  /** The trace of that request (W3C Trace Context), by CloudEvents' extension for distributed tracing. */
  traceparent?: string;
  data: Data;
}

/** Validates everything of an envelope but its data. */
export const envelopeSchema = Joi.object<Envelope>({
  specversion: Joi.string().valid('1.0').required(),
  id: Joi.string().guid().required(),
  source: Joi.string().required(),
  type: Joi.string().required(),
  time: Joi.string().isoDate().required(),
  datacontenttype: Joi.string().valid('application/json').required(),
  requestid: Joi.string(),
  traceparent: Joi.string(),
  data: Joi.object().required(),
})
  .unknown()
  .required()
  .prefs({ convert: false });
