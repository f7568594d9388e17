import { IconChevronDown } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useFocusVisible } from 'react-aria';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

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
  const { isFocusVisible } = useFocusVisible();
  return (
    <Button
      className="button quiet small"
      aria-label={t('looking.choice', { name, chosen: label })}
      data-testid={testId}
      onFocus={({ target }) => {
        // Chosen with a pointer, the menu leaves the keys to the stage; with keys, the bar can be walked through.
        if (!isFocusVisible) target.closest<HTMLElement>('.player')?.focus();
      }}
    >
      {children}
      <IconChevronDown size={13} aria-hidden="true" />
    </Button>
  );
}
