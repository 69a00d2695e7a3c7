import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { goToNextChunk, goToPreviousChunk, MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { useEffect, useRef, useState } from "react";
import { useLayout } from "../app/layout";
import { Panel } from "../app/Panel";
import { useDocument } from "../state/document";
import { asYaml } from "./extensions";
import { separatorOf } from "./lines";
import "./conflict.css";

const close = () => useLayout.getState().openPanel(null);

/** The text of this page beside that of the disk, line by line; what is kept of both is written on the right. */
export default function DiskConflict() {
  const { path, disk } = useDocument();
  const place = useRef<HTMLDivElement>(null);
  const [differing, setDiffering] = useState<number | null>(null);
  const onDisk = disk?.text ?? null;

  // What is written on the right is the page's text at once: nothing of it is lost when the disk changes once more.
  useEffect(() => {
    if (onDisk === null) return close();
    if (!place.current) return;
    const view = compare(place.current, onDisk, useDocument.getState().text, (text) => {
      useDocument.getState().type(text);
      setDiffering(view.chunks.length);
    });
    setDiffering(view.chunks.length);
    view.b.focus();
    goToNextChunk(view.b);
    return () => view.destroy();
  }, [onDisk]);

  return (
    <Panel title={`${path}: on disk, and here`} className="conflict">
      <p className="conflict-told" role="status">
        {differing === 0
          ? "They differ in nothing any more, but perhaps in their line ends."
          : `${differing ?? "…"} ${differing === 1 ? "place differs" : "places differ"}. An arrow takes the lines of the disk; F7 goes to the next place, Shift F7 to the one before.`}
      </p>
      <div className="conflict-heads">
        <h3>On disk</h3>
        <h3>Here, as it will be saved</h3>
      </div>
      <div className="conflict-texts" ref={place} />
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={close}>
          Decide later
        </button>
        <button type="button" className="button" onClick={() => useDocument.getState().takeDisk()}>
          Use the file on disk
        </button>
        <button
          type="button"
          className="button primary"
          onClick={() => void useDocument.getState().keepMine()}
        >
          Save the right side
        </button>
      </footer>
    </Panel>
  );
}

function compare(parent: HTMLElement, onDisk: string, here: string, changed: (text: string) => void) {
  const steps = keymap.of([
    { key: "F7", run: goToNextChunk },
    { key: "Shift-F7", run: goToPreviousChunk },
    ...historyKeymap,
    ...defaultKeymap,
  ]);
  return new MergeView({
    parent,
    a: {
      doc: onDisk,
      extensions: [
        EditorState.lineSeparator.of(separatorOf(onDisk)),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": "Text on disk" }),
        asYaml,
        steps,
      ],
    },
    b: {
      doc: here,
      extensions: [
        EditorState.lineSeparator.of(separatorOf(here)),
        EditorView.contentAttributes.of({ "aria-label": "Text that will be saved" }),
        history(),
        asYaml,
        steps,
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.sliceDoc())),
      ],
    },
    revertControls: "a-to-b",
    renderRevertControl: takeButton,
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
}

function takeButton(): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "→";
  button.title = "Take these lines of the disk";
  button.ariaLabel = button.title;
  // The merge view listens for a pressed mouse alone; a click of the keyboard counts no presses.
  button.addEventListener("click", (event) => {
    if (event.detail === 0) button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true }));
  });
  return button;
}
