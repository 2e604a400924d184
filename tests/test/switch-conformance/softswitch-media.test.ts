import { softswitch } from './softswitch.js';
import { describeSwitch } from './suite.js';

describeSwitch('softswitch', softswitch, { parts: ['media'] });
