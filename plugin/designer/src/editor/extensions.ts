import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
  syntaxTree,
} from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { indentBehind } from "./lines";

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--code-value)" },
  { tag: [tags.comment, tags.meta], color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--faint)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "8px 0 40vh", caretColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: "var(--faint)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-block": { backgroundColor: "var(--accent-faint)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-fault": { textDecoration: "underline wavy var(--bad) 1px", textUnderlineOffset: "3px" },
  ".cm-fault-warning": { textDecorationColor: "var(--warn)" },
  ".cm-fault-info": { textDecorationColor: "var(--faint)" },
  ".cm-fault-told": { padding: "6px 10px", maxWidth: "460px", fontFamily: "var(--sans)", fontSize: "12.5px" },
  ".cm-fault-told small": { display: "block", color: "var(--muted)", marginTop: "2px" },
});

/** How a definition's text looks, wherever it is shown. */
export const asYaml: Extension[] = [
  lineNumbers(),
  EditorState.tabSize.of(2),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({ tabindex: "0" }), // what scrolls is reached by keyboard
  yaml(),
  syntaxHighlighting(colours),
  look,
];

/** Enter: the next line stands where what is written next most likely does. Elsewhere it does what it does by default. */
function breakLine({ state, dispatch }: EditorView): boolean {
  const { head, empty } = state.selection.main;
  const line = state.doc.lineAt(head);
  const isInText = syntaxTree(state).resolveInner(head, -1).name === "BlockLiteralContent";
  if (!empty || isInText || state.sliceDoc(head, line.to).trim() || /[{[]\s*$/.test(line.text)) return false;
  const text = state.lineBreak + " ".repeat(indentBehind(line.text.slice(0, head - line.from)));
  dispatch(
    state.update(state.replaceSelection(state.toText(text)), { scrollIntoView: true, userEvent: "input" }),
  );
  return true;
}

export function extensions(own: Extension[]): Extension[] {
  return [
    asYaml,
    highlightActiveLineGutter(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    indentUnit.of("  "),
    ...own,
    keymap.of([
      ...completionKeymap,
      { key: "Enter", run: breakLine },
      ...searchKeymap,
      indentWithTab,
      ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"), // it runs the definition
    ]),
  ];
}
