import { useDocument } from "../state/document";
import { useDefinitions } from "./opening";

/** What a person has to know before going on. */
export function Notes() {
  const { disk, problem, takeDisk, keepMine, forgetProblem } = useDocument();
  const { error } = useDefinitions();
  const told = problem ?? (error instanceof Error ? error : null);
  const hint = told && "hint" in told && typeof told.hint === "string" ? told.hint : null;
  return (
    <div className="notes" role="alert">
      {disk && (
        <div className="note">
          <p>
            Somebody changed this file on disk, and you changed it here. Nothing is overwritten until you
            choose.
          </p>
          <button type="button" className="button small" onClick={takeDisk}>
            Use the file on disk
          </button>
          <button type="button" className="button small" onClick={() => void keepMine()}>
            Keep this text and save it
          </button>
        </div>
      )}
      {told && (
        <div className="note bad">
          <p>
            {told.message} {hint && <small>{hint}</small>}
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
