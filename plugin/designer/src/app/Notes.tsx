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
          <p>The file was changed on disk, and so was this text. Nothing is overwritten until you choose.</p>
          <button type="button" className="button small" onClick={takeDisk}>
            Take the file's
          </button>
          <button type="button" className="button small" onClick={() => void keepMine()}>
            Write this one
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
