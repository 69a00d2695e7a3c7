import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef } from "react";

interface Props {
  label: string;
  className?: string;
  close(): void;
  /** Of keys where nothing takes them, as behind a click on a text. */
  onKey?(event: KeyboardEvent): void;
  children: ReactNode;
}

const TAKES_KEYS = "a, button, input, select, summary, textarea";

/** A modal dialog of the browser: it holds the focus, gives it back, and closes on Escape, which writes what is in a field. */
export function Dialog({ label, className = "", close, onKey, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed while it still is in the page: the browser gives the focus back by that, and not for one that has gone.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        close();
      }}
      onClose={() => dialog.current?.open || close()}
      onKeyDown={(event) => (event.target as Element).closest(TAKES_KEYS) ?? onKey?.(event)}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {children}
    </dialog>
  );
}
