import ringing from '@ant-design/icons-svg/es/asn/BellOutlined.js';
import opened from '@ant-design/icons-svg/es/asn/CaretDownOutlined.js';
import shut from '@ant-design/icons-svg/es/asn/CaretRightOutlined.js';
import coffee from '@ant-design/icons-svg/es/asn/CoffeeOutlined.js';
import listen from '@ant-design/icons-svg/es/asn/CustomerServiceOutlined.js';
import desktop from '@ant-design/icons-svg/es/asn/DesktopOutlined.js';
import disconnected from '@ant-design/icons-svg/es/asn/DisconnectOutlined.js';
import edit from '@ant-design/icons-svg/es/asn/EditOutlined.js';
import eye from '@ant-design/icons-svg/es/asn/EyeOutlined.js';
import lock from '@ant-design/icons-svg/es/asn/LockOutlined.js';
import logout from '@ant-design/icons-svg/es/asn/LogoutOutlined.js';
import message from '@ant-design/icons-svg/es/asn/MessageOutlined.js';
import mobile from '@ant-design/icons-svg/es/asn/MobileOutlined.js';
import more from '@ant-design/icons-svg/es/asn/MoreOutlined.js';
import phone from '@ant-design/icons-svg/es/asn/PhoneOutlined.js';
import smile from '@ant-design/icons-svg/es/asn/SmileOutlined.js';
import team from '@ant-design/icons-svg/es/asn/TeamOutlined.js';
import unlock from '@ant-design/icons-svg/es/asn/UnlockOutlined.js';
import { renderIconDefinitionToSVGElement } from '@ant-design/icons-svg/es/helpers.js';
import { type RefObject, useEffect } from 'react';
import { useTheme } from '../../app/theme.js';

// An <svg> on the page is a layer to be sorted each time one of them comes or goes, and two hundred cards have a thousand of them: that
// was half of what a picture of the board cost. A background is painted with the text beside it.

/** Each with its colour: a variable of the style sheet, or none for that of the text. */
const PICTURES = {
  offline: [logout, '--sv-faint'],
  'not-ready': [coffee, '--sv-away'],
  ready: [smile, '--sv-ready'],
  ringing: [ringing, '--sv-ring'],
  'on-call': [phone, '--sv-busy'],
  'wrap-up': [edit, '--sv-wrap'],
  sip: [phone],
  softphone: [desktop],
  phone: [mobile],
  unreachable: [disconnected, '--sv-bad'],
  watched: [eye, '--sv-bad'],
  listen: [listen],
  whisper: [message],
  barge: [team],
  more: [more],
  opened: [opened],
  shut: [shut],
  unlocked: [unlock],
  locked: [lock, '--sv-bad'],
} as const;

export type PictureName = keyof typeof PICTURES;

/** The background of a `Picture`, set by `usePictures` on what is around it. */
export const pictureOf = (name: PictureName): string => `var(--sv-pic-${name})`;

/** Gives the element the pictures in the colours of its theme. */
export function usePictures(root: RefObject<HTMLElement | null>): void {
  const { dark } = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours that are read follow the theme
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const style = getComputedStyle(element);
    for (const [name, [icon, variable]] of Object.entries(PICTURES)) {
      const fill = variable === undefined ? style.color : style.getPropertyValue(variable);
      const svg = renderIconDefinitionToSVGElement(icon, { extraSVGAttrs: { xmlns: 'http://www.w3.org/2000/svg', fill } });
      element.style.setProperty(`--sv-pic-${name}`, `url("data:image/svg+xml,${encodeURIComponent(svg)}")`);
    }
  }, [root, dark]);
}
