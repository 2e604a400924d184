import type { phone as zh } from '../zh/phone.js';

export const phone: typeof zh = {
  phone: 'Browser telephone',
  takeOver: 'Use this page instead',
  answer: 'Answer',
  refuse: 'Refuse',
  hangUp: 'Hang up',
  status: {
    off: 'Telephone is off',
    connecting: 'Telephone is connecting…',
    registered: 'Telephone is ready',
    elsewhere: 'The telephone is another tab',
    insecure: 'No microphone: open this page by https',
    failed: 'Telephone is not available',
  },
  call: { ringing: 'Ringing', talking: 'Talking' },
};
