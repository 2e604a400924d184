export const welcome = {
  title: '第一分钟：打通一个电话',
  openTab: '在新标签页中打开',
  menu: '问候与菜单',
  keys: { '1': '咨询队列', '2': '投诉队列', '3': '留言', '9': '重听', '0': '人工队列' },
  step: {
    passwords: {
      title: '找到密码',
      text: '首次启动时，用户名和密码写入了数据目录中的 first-run.json（默认 ./data/first-run.json，只有启动者能读）：管理员 admin，班长 super1100，坐席 agent1001 至 agent1005。',
    },
    hotline: { title: '认识演示热线', text: '来电者拨 12320，听到问候和菜单，按键进入队列，由空闲坐席接听；挂机后请来电者评分。' },
    agent: {
      title: '以坐席身份登录',
      text: '在新标签页中用 agent1001 登录；点顶部的“SIP 话机”按钮，选“本浏览器（软电话）”并点“使用”，允许使用麦克风；再点“签入”。',
    },
    call: { title: '从本页拨打', text: '回到本页，用班长的分机（super1100）拨 12320，接通后按 1；坐席的标签页会响铃，点“接听”即可通话。' },
    after: { title: '接下来', text: '用 admin 登录：通话记录里有刚才这通电话和它的录音，“管理”里可以修改一切。' },
  },
  call: {
    title: '测试电话',
    dial: '拨打 {{number}}',
    hangUp: '挂断',
    failed: '没有打通：{{why}}',
    why: {
      'User Denied Media Access': '浏览器不允许使用麦克风，请在地址栏的权限设置中允许',
      'WebRTC Error': '浏览器无法建立通话',
      'Connection Error': '与系统的连接中断',
      'Request Timeout': '没有应答',
      'No Answer': '没有应答',
      Busy: '对方忙',
      Rejected: '被拒绝',
      Unavailable: '暂时无法接通',
      'Not Found': '没有这个号码',
      Canceled: '已取消',
    },
    insecure: '浏览器只在 https 或本机地址（localhost、127.0.0.1）上允许使用麦克风。',
    state: { connecting: '正在连接…', calling: '正在呼叫…', talking: '已接通' },
  },
};
