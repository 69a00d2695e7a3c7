import { type ReactNode, useEffect, useState } from "react";
import type { Finding } from "../api/types";
import { focusBlock, goToFault } from "../flow/acts";
import { useRun } from "../runs/run";
import { errorsOf, findingsByBlock, flattened, isEmpty, isToFillIn, toldWithDoubts } from "../state/blocks";
import { isUnsaved, useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { useLayout } from "./layout";
import { switchTheme, useTheme } from "./theme";

/** Whether something stands in a field of the definition that is written into it when the field is left. */
function useIsWritten(): boolean {
  const [written, setWritten] = useState(false);
  useEffect(() => {
    const begin = ({ target }: Event) =>
      target instanceof HTMLElement && target.closest("[data-pane] [data-at]") && setWritten(true);
    const end = () =>
      void useDocument
        .getState()
        .settled()
        .then(() => setWritten(false));
    document.addEventListener("input", begin);
    document.addEventListener("focusout", end);
    return () => {
      document.removeEventListener("input", begin);
      document.removeEventListener("focusout", end);
    };
  }, []);
  return written;
}

export function TopBar() {
  const { path, past, future, saving, checking, findings, doubts, runnable, undo, redo, save } =
    useDocument();
  const theme = useTheme((state) => state.theme);
  const isWritten = useIsWritten();
  const unsaved = useDocument(isUnsaved) || isWritten;
  const all = toldWithDoubts(findings, doubts);
  const toFillIn = all.filter(isToFillIn);
  const others = all.filter((one) => !isToFillIn(one));
  const errors = errorsOf(findings);
  const isBlocked = errors > 0 || !runnable;
  const empty = isEmpty(findings);
  return (
    <header className="top">
      <h1 className="brand">
        <img src="/icon.svg" alt="" width="18" height="18" /> httptask
      </h1>
      {path !== null && (
        <>
          <span className="path">{path}</span>
          {unsaved && <span className="dot" role="img" title="not saved" aria-label="not saved" />}
          <span className="muted" role="status">
            {checking ? (
              "checking …"
            ) : errors ? (
              <ToNext className="errors" among={others.filter(({ severity }) => severity === "error")}>
                {errors} {errors === 1 ? "error" : "errors"}
              </ToNext>
            ) : empty ? (
              "no task yet"
            ) : toFillIn.length ? (
              <ToNext className="doubts" among={toFillIn}>
                {toFillIn.length} to fill in
              </ToNext>
            ) : others.length ? (
              <ToNext className="doubts" among={others}>
                valid, {others.length} to look at
              </ToNext>
            ) : (
              "valid"
            )}
          </span>
        </>
      )}
      <span className="grow" />
      {path !== null && (
        <>
          <Tool name="undo" label="Undo" keys="Ctrl Z" enabled={past.length > 0} act={undo} />
          <Tool name="redo" label="Redo" keys="Ctrl Y" enabled={future.length > 0} act={redo} />
          <button type="button" className="button" disabled={!unsaved || saving} onClick={() => void save()}>
            {saving ? "Saving …" : unsaved ? "Save" : "Saved"}
          </button>
          <button
            type="button"
            className="button primary"
            id="run"
            disabled={isBlocked || empty}
            title={
              errors
                ? "Correct the errors first"
                : empty
                  ? "Add a task first"
                  : isBlocked
                    ? "Fill in first what is to be filled in"
                    : "Run (Ctrl Enter)"
            }
            onClick={() => useRun.getState().ask()}
          >
            <Icon name="run" /> Run
          </button>
          <button type="button" className="button plain" onClick={() => void useRun.getState().past()}>
            Past runs
          </button>
        </>
      )}
      <Tool name="keys" label="Keys (?)" enabled act={() => useLayout.getState().openPanel("keys")} />
      <Tool
        name={theme === "dark" ? "moon" : "sun"}
        label="Switch between dark and light"
        enabled
        act={switchTheme}
      />
    </header>
  );
}

/** A button to the next of some findings. */
function ToNext(props: { className: string; among: Finding[]; children: ReactNode }) {
  return (
    <button
      type="button"
      className={`button small ${props.className}`}
      title="To the next one"
      onClick={() => toFault(props.among)}
    >
      {props.children}
    </button>
  );
}

/** To the next block with one of them, from the block that is selected; to the text of one that no block has. */
function toFault(among: Finding[]) {
  const { blocks, selected } = useDocument.getState();
  const found = findingsByBlock(blocks, among);
  const order = flattened(blocks)
    .map((block) => block.pointer)
    .filter((pointer) => found.has(pointer));
  const next = order[(order.indexOf(selected ?? "") + 1) % order.length];
  const [general] = found.get("") ?? [];
  if (next !== undefined) focusBlock(next);
  else if (general) goToFault(general, null);
}

function Tool(props: { name: string; label: string; keys?: string; enabled: boolean; act(): void }) {
  return (
    <button
      type="button"
      className="button plain square"
      aria-label={props.label}
      title={props.keys ? `${props.label} (${props.keys})` : props.label}
      disabled={!props.enabled}
      onClick={props.act}
    >
      <Icon name={props.name} />
    </button>
  );
}
