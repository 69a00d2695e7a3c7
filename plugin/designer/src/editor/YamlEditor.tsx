import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { useLayout } from "../app/layout";
import { blockAround, blockAt, toldWithDoubts } from "../state/blocks";
import { useDocument } from "../state/document";
import { extensions } from "./extensions";
import { faultExtensions, showBlock, showFaults } from "./faults";
import { Lines, separatorOf } from "./lines";

const fromOutside = Annotation.define<boolean>();

const undo = () => {
  useDocument.getState().undo();
  return true;
};

const redo = () => {
  useDocument.getState().redo();
  return true;
};

/** Undo and redo are those of the whole definition, as a change in a form is a change of this text. */
const history = keymap.of([
  { key: "Mod-z", run: undo, preventDefault: true },
  { key: "Mod-y", run: redo, preventDefault: true },
  { key: "Mod-Shift-z", run: redo, preventDefault: true },
]);

function reports(lines: Lines) {
  return EditorView.updateListener.of((update) => {
    const outside = update.transactions.some((transaction) => transaction.annotation(fromOutside));
    const state = useDocument.getState();
    if (outside) return;
    if (update.docChanged) state.type(update.state.sliceDoc());
    else if (update.selectionSet && update.view.hasFocus) {
      const place = lines.inFile(update.state.doc, update.state.selection.main.head);
      const block = blockAround(state.blocks, place);
      if (block && block.pointer !== state.selected) state.select(block.pointer);
    }
  });
}

function begin(parent: HTMLElement, lines: Lines): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: useDocument.getState().text,
      extensions: [
        EditorState.lineSeparator.of(lines.separator),
        EditorView.contentAttributes.of({ "aria-label": "YAML of the definition" }),
        extensions([history, reports(lines), faultExtensions]),
      ],
    }),
  });
}

function show(view: EditorView, lines: Lines) {
  const { findings, doubts, blocks, selected, text } = useDocument.getState();
  const placed = <T extends { start: number; end: number }>(part: T): T => ({
    ...part,
    start: lines.inEditor(text, part.start),
    end: lines.inEditor(text, part.end),
  });
  const block = blockAt(blocks, selected);
  view.dispatch({
    effects: [
      showFaults.of(toldWithDoubts(findings, doubts).map(placed)),
      showBlock.of(block ? placed(block) : null),
    ],
    annotations: fromOutside.of(true),
  });
}

function reveal(view: EditorView, lines: Lines) {
  const { blocks, selected, text } = useDocument.getState();
  const block = blockAt(blocks, selected);
  if (!block || view.hasFocus) return;
  const place = Math.min(lines.inEditor(text, block.start), view.state.doc.length);
  view.dispatch({ effects: EditorView.scrollIntoView(place, { y: "start", yMargin: 48 }) });
}

/** Goes to the place that the page was asked to show, which holds for the text of now. */
function goThere(view: EditorView, lines: Lines) {
  const { revealing, revealed } = useLayout.getState();
  if (!revealing) return;
  revealed();
  const place = lines.inEditor(useDocument.getState().text, revealing.offset);
  const anchor = Math.min(place, view.state.doc.length);
  view.dispatch({
    selection: { anchor },
    effects: EditorView.scrollIntoView(anchor, { y: "center" }),
    annotations: fromOutside.of(true),
  });
  if (revealing.focus) view.focus();
}

/** Goes to what undo or redo has changed: the one who presses these keys is in the text. */
function goBackTo(view: EditorView, { from, insert }: { from: number; insert: { length: number } }) {
  const anchor = Math.min(from + insert.length, view.state.doc.length);
  view.dispatch({
    selection: { anchor },
    effects: EditorView.scrollIntoView(anchor, { y: "nearest", yMargin: 48 }),
    annotations: fromOutside.of(true),
  });
}

function follow(view: EditorView, lines: Lines, path: string | null) {
  return useDocument.subscribe((state, before) => {
    if (state.path !== path) return;
    const changes = state.text === before.text ? null : lines.changes(view.state.doc, state.text);
    if (changes) view.dispatch({ changes, annotations: fromOutside.of(true) });
    if (changes && view.hasFocus && state.returns !== before.returns) goBackTo(view, changes);
    const looked =
      state.blocks !== before.blocks || state.findings !== before.findings || state.doubts !== before.doubts;
    if (looked || state.selected !== before.selected) show(view, lines);
    if (changes || state.selected !== before.selected) reveal(view, lines);
  });
}

/** The definition's text. */
export default function YamlEditor() {
  const place = useRef<HTMLDivElement>(null);
  const path = useDocument((state) => state.path);
  const separator = useDocument((state) => separatorOf(state.text));

  // Begun anew where the file came back with other line ends: what is typed would give it the former ones.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said
  useEffect(() => {
    if (!place.current) return;
    const lines = new Lines(useDocument.getState().text);
    const view = begin(place.current, lines);
    show(view, lines);
    reveal(view, lines);
    goThere(view, lines);
    const stops = [follow(view, lines, path), useLayout.subscribe(() => goThere(view, lines))];
    return () => {
      for (const stop of stops) stop();
      view.destroy();
    };
  }, [path, separator]);

  return <div className="yaml" ref={place} />;
}
