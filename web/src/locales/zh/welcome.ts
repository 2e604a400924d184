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
      text: '在新标签页中用 agent1001 登录，座席选择“浏览器”，允许使用麦克风，然后示闲。',
    },
    call: { title: '从本页拨打', text: '回到本页，用班长的分机（super1100）拨 12320，接通后按 1；坐席的标签页会响铃，点“接听”即可通话。' },
    after: { title: '接下来', text: '用 admin 登录：通话记录里有刚才这通电话和它的录音，“管理”里可以修改一切。' },
  },
  call: {
    title: '测试电话',
    dial: '拨打 {{number}}',
    hangUp: '挂断',
    failed: '没有打通：{{why}}',
    insecure: '浏览器只在 https 或本机地址（localhost、127.0.0.1）上允许使用麦克风。',
    state: { connecting: '正在连接…', calling: '正在呼叫…', talking: '已接通' },
  },
};
