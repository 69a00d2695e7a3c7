import { useDocument } from "../state/document";
import { Prose, Told } from "../ui/Prose";
import type { Fault } from "./form";

/** What is wrong with the value of a field, as it is written; the name that was meant can be put in. */
export function Faults({ faults }: { faults: Fault[] }) {
  return faults.map((fault) => (
    <p className={`field-fault written ${fault.severity}`} key={fault.code + fault.pointer + fault.message}>
      {fault.fix && fault.hint ? (
        <>
          <Prose text={fault.message} />{" "}
          <button
            type="button"
            className="put-right"
            title={`Put ${fault.fix.text} in place of ${fault.fix.word}`}
            onClick={() => fault.fix && useDocument.getState().put(fault.fix)}
          >
            <Prose text={fault.hint} />
          </button>
        </>
      ) : (
        <Told message={fault.message} hint={fault.hint} />
      )}
    </p>
  ));
}
