import { z } from 'zod';
import { extension, page } from './schemas.js';

const text = z.string('must be a text').min(1, 'must not be empty').max(900, 'must be at most 900 characters');
const time = z.iso.datetime().describe('ISO 8601 UTC');

export const messageBody = z
  .strictObject({ to: extension.describe('The extension whose phone shows it'), text: text.describe('At most 900 bytes of UTF-8') })
  .meta({ id: 'MessageToSend' });
export const messagesQuery = z.strictObject(page);

export const messageSent = z
  .strictObject({ id: z.string(), state: z.enum(['delivered', 'kept']).describe('kept: the phone is not there, it is sent when it is') })
  .meta({ id: 'MessageSent' });

export const message = z
  .strictObject({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    text: z.string(),
    sentAt: time,
    expiresAt: time.describe('Kept until then at most'),
    state: z.enum(['kept', 'delivered', 'expired']),
    deliveredAt: time.nullable(),
  })
  .meta({ id: 'Message' });
