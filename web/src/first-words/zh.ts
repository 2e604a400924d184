export { default as components } from 'antd/locale/zh_CN';
export { common } from '../locales/zh/common.js';
export { desk } from '../locales/zh/desk.js';
export { phone } from '../locales/zh/phone.js';
