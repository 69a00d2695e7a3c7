import { useEffect } from "react";
import { Problem } from "../api/client";
import { useAdding } from "../catalog/adding";
import { SavedValue } from "../connections/SecretField";
import { useDocument } from "../state/document";
import { Told } from "../ui/Prose";
import { toldTime } from "../ui/time";
import { useLayout } from "./layout";
import { useDefinitions } from "./opening";

/** What a person has to know before going on. */
export function Notes() {
  const { disk, draft, base, problem, takeDisk, keepMine, restoreDraft, dropDraft, forgetProblem } =
    useDocument();
  const { error } = useDefinitions();
  const { kept, forget } = useAdding();
  const testing = useLayout((state) => state.testing);
  useEffect(() => {
    if (testing !== null) forget(); // it was read by then
  }, [testing, forget]);
  const told = problem ?? (error instanceof Error ? error : null);
  return (
    <div className="notes" role="alert">
      {disk && (
        <div className="note">
          <p>
            {disk.text === null
              ? "Somebody removed this file on disk, or gave it another name. Its text is here alone until you save it."
              : "Somebody changed this file on disk, and you changed it here. Nothing is overwritten until you choose."}
          </p>
          {disk.text !== null && (
            <>
              <button
                type="button"
                className="button small primary"
                onClick={() => useLayout.getState().openPanel("disk")}
              >
                Compare and merge
              </button>
              <button type="button" className="button small" onClick={takeDisk}>
                Use the file on disk
              </button>
            </>
          )}
          <button type="button" className="button small" onClick={() => void keepMine()}>
            Keep this text and save it
          </button>
        </div>
      )}
      {draft && (
        <div className="note">
          <p>
            Text of {toldTime(draft.at)} that was not saved is kept here.
            {draft.base !== base && " The file has changed on disk since then: both are shown then."}
          </p>
          <button type="button" className="button small primary" onClick={restoreDraft}>
            Restore it
          </button>
          <button type="button" className="button small" onClick={dropDraft}>
            Drop it
          </button>
        </div>
      )}
      {kept.length > 0 && (
        <div className="note">
          <div>
            {kept.map((one) => (
              <SavedValue key={one.secret.name} saved={one} />
            ))}
          </div>
          <button type="button" className="button small" onClick={forget}>
            Close
          </button>
        </div>
      )}
      {told && (
        <div className="note bad">
          <p>
            <Told message={told.message} hint={told instanceof Problem ? told.hint : null} />
          </p>
          {problem && (
            <button type="button" className="button small" onClick={forgetProblem}>
              Close
            </button>
          )}
        </div>
      )}
    </div>
  );
}
