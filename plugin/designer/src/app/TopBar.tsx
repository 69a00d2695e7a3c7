import { useRun } from "../runs/run";
import { isUnsaved, useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { switchTheme } from "./theme";

export function TopBar() {
  const { path, past, future, saving, checking, findings, undo, redo, save } = useDocument();
  const unsaved = useDocument(isUnsaved);
  const errors = findings.filter((finding) => finding.severity === "error").length;
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
            {checking ? "checking …" : errors ? `${errors} ${errors === 1 ? "error" : "errors"}` : "valid"}
          </span>
        </>
      )}
      <span className="grow" />
      {path !== null && (
        <>
          <Tool name="undo" label="Undo" enabled={past.length > 0} act={undo} />
          <Tool name="redo" label="Redo" enabled={future.length > 0} act={redo} />
          <button type="button" className="button" disabled={!unsaved || saving} onClick={() => void save()}>
            {saving ? "Saving …" : unsaved ? "Save" : "Saved"}
          </button>
          <button
            type="button"
            className="button primary"
            disabled={errors > 0}
            title={errors ? "Correct the errors first" : undefined}
            onClick={() => useRun.getState().ask()}
          >
            <Icon name="run" /> Run
          </button>
        </>
      )}
      <Tool name="sun" label="Switch between dark and light" enabled act={switchTheme} />
    </header>
  );
}

function Tool(props: { name: string; label: string; enabled: boolean; act(): void }) {
  return (
    <button
      type="button"
      className="button plain square"
      aria-label={props.label}
      title={props.label}
      disabled={!props.enabled}
      onClick={props.act}
    >
      <Icon name={props.name} />
    </button>
  );
}
