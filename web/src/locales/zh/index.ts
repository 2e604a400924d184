import { admin } from './admin.js';
import { common } from './common.js';
import { desk } from './desk.js';
import { flows } from './flows.js';
import { phone } from './phone.js';
import { records } from './records.js';
import { supervise } from './supervise.js';
import { wall } from './wall.js';

/** One catalogue an area of the application; the English one has the type of the Chinese, so no string can be missing. */
export const zh = { admin, common, desk, flows, phone, records, supervise, wall };
