// Property tests draw at random by hand, so that they find something new; in CI all draw the same, so that a run can be repeated.
import fc from 'fast-check';

if (process.env.CI) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20261122 });
