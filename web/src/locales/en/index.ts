import { admin } from './admin.js';
import { archive } from './archive.js';
import { audit } from './audit.js';
import { backups } from './backups.js';
import { common } from './common.js';
import { desk } from './desk.js';
import { events } from './events.js';
import { flows } from './flows.js';
import { imports } from './imports.js';
import { phone } from './phone.js';
import { records } from './records.js';
import { reports } from './reports.js';
import { supervise } from './supervise.js';
import { wall } from './wall.js';
import { welcome } from './welcome.js';

/** One catalogue an area of the application; the English one has the type of the Chinese, so no string can be missing. */
export const en = {
  admin,
  archive,
  audit,
  backups,
  common,
  desk,
  events,
  flows,
  imports,
  phone,
  records,
  reports,
  supervise,
  wall,
  welcome,
};
