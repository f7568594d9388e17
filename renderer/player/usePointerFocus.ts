import { useFocusVisible } from 'react-aria';

/** Handles the focus of a button that opens a menu: chosen with a pointer, it leaves the keys to the stage; with keys, it is walked to. */
export function usePointerFocus(): (event: { target: Element }) => void {
  const { isFocusVisible } = useFocusVisible();
  return ({ target }) => {
    if (!isFocusVisible) target.closest<HTMLElement>('.player')?.focus();
  };
}
