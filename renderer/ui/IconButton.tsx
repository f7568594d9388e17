import type { ReactNode } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';

interface IconButtonProps {
  label: string;
  /** The key that does the same. */
  shortcut?: string;
  isPressed?: boolean;
  isDisabled?: boolean;
  testId?: string;
  className?: string;
  onPress: () => void;
  children: ReactNode;
}

/** A button that shows an icon, and says its name to who points at it, tabs to it or listens. */
export function IconButton({
  label,
  shortcut,
  isPressed,
  isDisabled,
  testId,
  className,
  onPress,
  children,
}: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <Button
        className={`icon-button ${className ?? ''}`}
        aria-label={label}
        {...(isPressed !== undefined && { 'aria-pressed': isPressed })}
        isDisabled={isDisabled ?? false}
        onPress={onPress}
        data-testid={testId}
      >
        {children}
      </Button>
      <Tooltip className="tooltip" offset={6}>
        {label}
        {shortcut !== undefined && <kbd>{shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
