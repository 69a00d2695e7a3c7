import type { ReactNode } from "react";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { useLayout } from "./layout";

/** Lies over the page until it is closed. */
export function Panel(props: { title: string; className: string; children: ReactNode }) {
  const close = () => useLayout.getState().openPanel(null);
  return (
    <Dialog label={props.title} close={close} className={props.className}>
      <header className="dialog-head">
        <h2>{props.title}</h2>
        <span className="grow" />
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {props.children}
    </Dialog>
  );
}
