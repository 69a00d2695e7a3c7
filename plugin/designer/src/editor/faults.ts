import { type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, hoverTooltip } from "@codemirror/view";
import type { Finding } from "../api/types";
import { piecesOf } from "../ui/Prose";

/** Findings of the text as it is now. */
export const showFaults = StateEffect.define<Finding[]>();

/** The range of the block that is selected. */
export const showBlock = StateEffect.define<{ start: number; end: number } | null>();

interface Faults {
  findings: Finding[];
  marks: DecorationSet;
}

const faults = StateField.define<Faults>({
  create: () => ({ findings: [], marks: Decoration.none }),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(showFaults)) {
        const length = transaction.newDoc.length;
        return { findings: effect.value, marks: Decoration.set(marksOf(effect.value, length), true) };
      }
    }
    return transaction.docChanged
      ? { findings: value.findings, marks: value.marks.map(transaction.changes) }
      : value;
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.marks),
});

const blockLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(showBlock)) {
        if (!effect.value) return Decoration.none;
        const lines: Range<Decoration>[] = [];
        const doc = transaction.newDoc;
        const end = Math.min(effect.value.end, doc.length);
        const line = doc.lineAt(end);
        // What ends with its last line ends where the next one begins.
        const last = line.from === end && end > effect.value.start ? line.number - 1 : line.number;
        for (
          let number = doc.lineAt(Math.min(effect.value.start, doc.length)).number;
          number <= last;
          number++
        )
          lines.push(Decoration.line({ class: "cm-block" }).range(doc.line(number).from));
        return Decoration.set(lines);
      }
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(findings: Finding[], length: number): Range<Decoration>[] {
  return findings.flatMap((finding) => {
    const from = Math.min(finding.start, length);
    const to = Math.min(Math.max(finding.end, from + 1), length);
    const mark = Decoration.mark({ class: `cm-fault cm-fault-${finding.severity}`, finding });
    return to > from ? [mark.range(from, to)] : [];
  });
}

function write(place: HTMLElement, text: string) {
  for (const piece of piecesOf(text))
    place.appendChild(document.createElement(piece.isCode ? "code" : "span")).textContent = piece.text;
}

const told = hoverTooltip((view, place) => {
  const found: Finding[] = [];
  let start = place;
  view.state.field(faults).marks.between(place, place, (from, _to, mark) => {
    found.push(mark.spec.finding as Finding);
    start = from;
  });
  if (!found.length) return null;
  return {
    pos: start,
    above: true,
    create() {
      const dom = document.createElement("div");
      for (const finding of found) {
        const part = dom.appendChild(document.createElement("div"));
        part.className = "cm-fault-told";
        write(part, finding.message);
        if (finding.hint) write(part.appendChild(document.createElement("small")), finding.hint);
      }
      return { dom };
    },
  };
});

export const faultExtensions = [faults, blockLines, told];
