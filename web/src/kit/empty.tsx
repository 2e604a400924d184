import { Empty } from 'antd';
import type { ReactNode } from 'react';

/** What stands in the place of rows: that there are none, once that is known; nothing before, for "none" that becomes many is untrue. */
export function nothingOf(known: boolean, description: ReactNode, children?: ReactNode): ReactNode {
  if (!known) return <div className="unknown" data-testid="unknown" />;
  return (
    <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={description}>
      {children}
    </Empty>
  );
}
