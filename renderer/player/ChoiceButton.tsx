import { IconChevronDown } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { usePointerFocus } from './usePointerFocus.ts';

interface ChoiceButtonProps {
  /** Of what is chosen. */
  name: string;
  /** What is chosen. */
  label: string;
  testId?: string;
  /** Default: the label. */
  children?: ReactNode;
}

/** A button that says what is chosen, and opens the menu of what there is. */
export function ChoiceButton({ name, label, testId, children = label }: ChoiceButtonProps) {
  const { t } = useTranslation();
  const onFocus = usePointerFocus();
  return (
    <Button
      className="button quiet small"
      aria-label={t('looking.choice', { name, chosen: label })}
      data-testid={testId}
      onFocus={onFocus}
    >
      {children}
      <IconChevronDown size={13} aria-hidden="true" />
    </Button>
  );
}
