import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import { CutName } from './CutName.tsx';

const ROW_HEIGHT_PX = 40;

interface ReportTableProps<Row extends { key: string }> {
  label: string;
  /** Gives the columns their widths. */
  rowClass: string;
  /** Heads of the columns; the first is for keys. */
  columns: readonly string[];
  rows: readonly Row[];
  testId: string;
  /** Further attributes of a line, for tests. */
  data?: (row: Row) => Record<`data-${string}`, string>;
  /** The cells after the key. */
  children: (row: Row) => ReactNode;
}

/** Files of a report. Only the lines in the window are drawn: there may be a hundred thousand. */
export function ReportTable<Row extends { key: string }>({
  label,
  rowClass: rowClass,
  columns,
  rows,
  testId,
  data,
  children,
}: ReportTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 8,
  });
  return (
    <div
      ref={scroller}
      className="report-list"
      role="table"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      aria-label={label}
    >
      <div className={`${rowClass} report-columns`} role="row">
        {columns.map((column) => (
          <span key={column} role="columnheader">
            {column}
          </span>
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <div
              key={index}
              className={rowClass}
              role="row"
              aria-rowindex={index + 2}
              data-testid={testId}
              data-key={row.key}
              {...data?.(row)}
              style={{ transform: `translateY(${start}px)`, height: size, position: 'absolute', insetInline: 0 }}
            >
              <span className="name" role="cell" title={row.key}>
                <CutName name={row.key} />
              </span>
              {children(row)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
