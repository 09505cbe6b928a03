/** Broker configs of TLS and of principals. */
import { perBroker, readOnly, table } from '../definition.ts'
import { bool, className, list, oneOf, password, text } from '../kinds.ts'

export const sslConfigs = table({
  'principal.builder.class': perBroker(
    className(),
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    'Class that makes a principal of a connection.',
  ),
  'security.providers': readOnly(text(), null, 'Classes that add security algorithms.'),
  'ssl.allow.dn.changes': readOnly(
    bool(),
    'false',
    'Whether a reloaded certificate may have another distinguished name.',
  ),
  'ssl.allow.san.changes': readOnly(
    bool(),
    'false',
    'Whether a reloaded certificate may have other alternative names.',
  ),
  'ssl.cipher.suites': perBroker(list(), '', 'Allowed cipher suites; empty allows the default ones.'),
  'ssl.client.auth': perBroker(
    oneOf('required', 'requested', 'none'),
    'none',
    'Whether clients must show a certificate.',
  ),
  'ssl.enabled.protocols': perBroker(list(), 'TLSv1.2,TLSv1.3', 'Allowed TLS versions.'),
  'ssl.endpoint.identification.algorithm': perBroker(
    text(),
    'https',
    "How a server's host name is compared with its certificate; empty skips it.",
  ),
  'ssl.engine.factory.class': perBroker(className(), null, 'Class that makes TLS engines.'),
  'ssl.key.password': perBroker(password(), null, 'Password of the private key.'),
  'ssl.keymanager.algorithm': perBroker(text(), 'SunX509', 'Algorithm of the key manager.'),
  'ssl.keystore.certificate.chain': perBroker(password(), null, 'Certificate chain in PEM form.'),
  'ssl.keystore.key': perBroker(password(), null, 'Private key in PEM form.'),
  'ssl.keystore.location': perBroker(text(), null, 'File with the private key and its certificates.'),
  'ssl.keystore.password': perBroker(password(), null, 'Password of the key store file.'),
  'ssl.keystore.type': perBroker(text(), 'JKS', 'Format of the key store: PEM, PKCS12 or JKS.'),
  'ssl.principal.mapping.rules': readOnly(
    text(),
    'DEFAULT',
    "Rules that shorten a certificate's name to a user name.",
  ),
  'ssl.protocol': perBroker(text(), 'TLSv1.3', 'TLS version of the context.'),
  'ssl.provider': perBroker(text(), null, 'Security provider of TLS.'),
  'ssl.secure.random.implementation': perBroker(text(), null, 'Source of random numbers for TLS.'),
  'ssl.trustmanager.algorithm': perBroker(text(), 'PKIX', 'Algorithm of the trust manager.'),
  'ssl.truststore.certificates': perBroker(password(), null, 'Trusted certificates in PEM form.'),
  'ssl.truststore.location': perBroker(text(), null, 'File with trusted certificates.'),
  'ssl.truststore.password': perBroker(password(), null, 'Password of the trust store file.'),
  'ssl.truststore.type': perBroker(text(), 'JKS', 'Format of the trust store: PEM, PKCS12 or JKS.'),
})
