import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCertificate } from '../src/certificate.js';

describe('the certificate of the HTTP port', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-certificate-'));
    for (const name of ['one', 'two']) {
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
      const into = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
      execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '30', ...curve, '-subj', `/CN=${name}`, ...into], { stdio: 'ignore' });
    }
    writeFileSync(at('rubbish.pem'), 'no certificate at all\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => path.join(folder, name);

  it('is read with its key, and how long it holds', () => {
    const { validTo } = readCertificate({ cert: at('one.pem'), key: at('one.key') });
    const days = (validTo - Date.now()) / 86_400_000;
    assert.ok(days > 29 && days <= 30, String(days));
  });

  it('of another key, of no file or of no certificate is an error that begins with the variable and names the file', () => {
    assert.throws(() => readCertificate({ cert: at('one.pem'), key: at('two.key') }), /^Error: TLS_KEY: .*two\.key is not the key/);
    assert.throws(() => readCertificate({ cert: at('one.pem'), key: at('none.key') }), /^Error: TLS_KEY: .*none\.key cannot be read/);
    assert.throws(() => readCertificate({ cert: at('none.pem'), key: at('one.key') }), /^Error: TLS_CERT: .*none\.pem cannot be read/);
    assert.throws(
      () => readCertificate({ cert: at('rubbish.pem'), key: at('one.key') }),
      /^Error: TLS_CERT: .*rubbish\.pem is no certificate/,
    );
  });
});
