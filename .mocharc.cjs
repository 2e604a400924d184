const path = require('node:path');

module.exports = {
  timeout: 15000,
  // absolute, because unit tests run inside their package's folder
  reporter: path.join(__dirname, 'scripts', 'counting-reporter.cjs'),
  'enable-source-maps': true,
  require: [path.join(__dirname, 'scripts', 'property-seed.mjs')],
};
