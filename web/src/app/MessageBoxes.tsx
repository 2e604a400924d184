import { App } from 'antd';
import type { ReactNode } from 'react';

/** Confirmations and messages of the component library, for the pages that ask for them. */
export default function MessageBoxes({ children }: { children: ReactNode }) {
  return <App>{children}</App>;
}
