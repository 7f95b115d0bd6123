import Joi from 'joi';

/** The certificate authorities, in PEM, that the server's certificate must come from; as `DATABASE_SSL_CA_FILE` their path. Without it the connection is not encrypted. */
export const tlsSettings = { DATABASE_SSL_CA: Joi.string().pattern(/-----BEGIN CERTIFICATE-----/) };

export interface TlsSettings {
  DATABASE_SSL_CA?: string;
}

/** pg's options for TLS; none without. */
export interface TlsOptions {
  ssl?: { ca: string; rejectUnauthorized: true };
}

/**
 * pg's options for TLS with the server verified, its name included ("verify-full"): pg accepts whatever a server says of the
 * password exchange, so only its certificate distinguishes the real server from another.
 */
export const tlsOptions = ({ DATABASE_SSL_CA: ca }: TlsSettings): TlsOptions =>
  ca ? { ssl: { ca, rejectUnauthorized: true } } : {};
