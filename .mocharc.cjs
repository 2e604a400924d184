const path = require('node:path');

process.setSourceMapsEnabled(true); // not as a flag of Node.js: for that mocha would start a second process

module.exports = {
  timeout: 15000,
  // absolute, because unit tests run inside their package's folder
  reporter: path.join(__dirname, 'scripts', 'counting-reporter.cjs'),
  require: [path.join(__dirname, 'scripts', 'property-seed.mjs')],
};
