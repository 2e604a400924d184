import type { welcome as zh } from '../zh/welcome.js';

export const welcome: typeof zh = {
  title: 'The first minute: one call',
  openTab: 'Open in a new tab',
  menu: 'Greeting and menu',
  keys: { '1': 'queue consult', '2': 'queue complaint', '3': 'leave a message', '9': 'hear it again', '0': 'queue operator' },
  step: {
    passwords: {
      title: 'Find the passwords',
      text: 'The first start wrote user names and passwords to first-run.json in the data folder (./data/first-run.json by default, readable by whoever started it): administrator admin, supervisor super1100, agents agent1001 to agent1005.',
    },
    hotline: {
      title: 'The demo hotline',
      text: 'A caller dials 12320, hears a greeting and a menu, presses a key and waits in a queue for a free agent; afterwards the caller is asked for a mark.',
    },
    agent: {
      title: 'Sign in as an agent',
      text: 'In a new tab, sign in as agent1001; press “SIP phone” at the top, choose this browser, press “Use” and allow the microphone; then press “Go on duty”.',
    },
    call: {
      title: 'Call from this page',
      text: 'Back here, dial 12320 from the supervisor’s extension (super1100), and press 1 once it is answered; the agent’s tab rings: answer there and talk.',
    },
    after: {
      title: 'And then',
      text: 'Sign in as admin: the call records show this call with its recording, and everything can be changed under Administration.',
    },
  },
  call: {
    title: 'Test call',
    dial: 'Dial {{number}}',
    hangUp: 'Hang up',
    failed: 'It did not go through: {{why}}',
    why: {
      'User Denied Media Access': 'the browser does not allow the microphone; allow it beside the address',
      'WebRTC Error': 'the browser cannot make the call',
      'Connection Error': 'the connection was lost',
      'Request Timeout': 'no answer',
      'No Answer': 'no answer',
      Busy: 'busy',
      Rejected: 'refused',
      Unavailable: 'unavailable at the moment',
      'Not Found': 'there is no such number',
      Canceled: 'cancelled',
    },
    insecure: 'Browsers allow the microphone only over https or at this machine’s own address (localhost, 127.0.0.1).',
    state: { connecting: 'Connecting…', calling: 'Calling…', talking: 'Connected' },
  },
};
