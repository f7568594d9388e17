import type { ReactNode } from 'react';

interface SectionProps {
  title: string;
  note?: string;
  action?: ReactNode;
  children: ReactNode;
}

/** A part of a sheet, with its heading. */
export function Section({ title, note, action, children }: SectionProps) {
  return (
    <section className="settings-section">
      <div className="section-head">
        <h3>{title}</h3>
        {action}
      </div>
      {note !== undefined && <p className="muted">{note}</p>}
      {children}
    </section>
  );
}
