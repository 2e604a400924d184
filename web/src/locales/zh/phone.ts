export const phone = {
  phone: '浏览器电话',
  takeOver: '改在本页接听',
  answer: '接听',
  refuse: '拒接',
  hangUp: '挂断',
  status: {
    off: '电话未启用',
    connecting: '电话连接中…',
    registered: '电话已就绪',
    failed: '电话不可用',
    elsewhere: '电话在另一页面',
    insecure: '无法使用麦克风：请以 https 打开本页',
  },
  call: { ringing: '振铃', talking: '通话' },
};
