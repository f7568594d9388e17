import { ProgressBar } from 'react-aria-components';

/** A bar for work of which the end is not known. */
export function BusyBar({ label, className = '' }: { label: string; className?: string }) {
  return (
    <ProgressBar isIndeterminate aria-label={label} className={`busy-bar ${className}`.trim()}>
      <div className="bar">
        <div className="bar-fill" />
      </div>
    </ProgressBar>
  );
}
