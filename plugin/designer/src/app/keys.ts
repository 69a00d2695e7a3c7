import { useEffect } from "react";
import { useDocument } from "../state/document";

/** Keys that work wherever one is. */
export function useKeys(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      const document = useDocument.getState();
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (key === "s") void document.save();
      else if (typing)
        return; // the browser's own undo is of the field
      else if (key === "y" || (key === "z" && event.shiftKey)) document.redo();
      else if (key === "z") document.undo();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
