export { default as components } from 'antd/locale/en_US';
export { common } from '../locales/en/common.js';
export { desk } from '../locales/en/desk.js';
export { phone } from '../locales/en/phone.js';
