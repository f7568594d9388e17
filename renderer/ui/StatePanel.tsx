import type { ReactNode } from 'react';
import { shownDetail } from '../../shared/errorText.ts';

interface StatePanelProps {
  testId: 'empty-state' | 'error-state';
  icon: ReactNode;
  title: string;
  body: string;
  /** Answer of the storage, in its own words. */
  detail?: string | undefined;
  /** The failure's code, for a report to IT. */
  code?: string | undefined;
  children?: ReactNode;
}

/** Panel in place of content that is not there: what happened, why, and what to do. */
export function StatePanel({ testId, icon, title, body, detail, code, children }: StatePanelProps) {
  const words = shownDetail(detail);
  return (
    <section
      className="state-panel"
      data-testid={testId}
      data-code={code}
      {...(testId === 'error-state' && { role: 'alert' })}
    >
      <div className="state-icon" aria-hidden="true">
        {icon}
      </div>
      <h2>{title}</h2>
      <p>{body}</p>
      {words !== undefined && <p className="state-detail">“{words}”</p>}
      {children}
    </section>
  );
}
