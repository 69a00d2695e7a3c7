import { useEffect, useMemo, useState } from "react";
import type { Block, Report } from "../api/types";
import { Prose } from "../ui/Prose";
import { Tabs } from "../ui/Tabs";
import { OutcomeView, PreparedView, ResponseView, WireView } from "./parts";
import { useSession } from "./session";

/** What became of the request: as it was prepared, what went over the wire, what came back, what a run makes of it. */
export function Answer({ block }: { block: Block }) {
  const session = useSession();
  const { phase, prepared, report, text, missing, confirm, setup, problem } = session;
  const [tab, setTab] = useState("response");
  useEffect(() => {
    if (report) setTab(report.response ? "response" : report.outcome ? "outcome" : "prepared");
  }, [report]);
  const live = phase === "sending" && (text || "waiting for the answer …");
  return (
    <section className="test-pane answer" aria-label="Answer">
      <Glance report={report} took={session.took} />
      {problem && (
        <div className="told bad" role="alert">
          <p>
            <Prose text={problem.message} />
          </p>
          {problem.hint && (
            <p>
              <Prose text={problem.hint} />
            </p>
          )}
        </div>
      )}
      {setup && (
        <div className="told warn" role="alert">
          <p>
            <b>{setup.detail}</b>
          </p>
          {setup.fix && <pre>{setup.fix}</pre>}
        </div>
      )}
      {confirm && <Confirm block={block} />}
      {live && (
        <pre className="code live-text" aria-live="polite">
          {live}
        </pre>
      )}
      {phase === "idle" && !report && (
        <p className="muted">
          Send makes this one request, as a run would, and shows here what was sent and what came back.
        </p>
      )}
      {phase === "done" && missing.length > 0 && (
        <p className="told warn" role="status">
          Nothing was sent: the request needs a value for {missing.join(", ")}.
        </p>
      )}
      {(prepared || report) && (
        <Tabs
          label="Parts of the answer"
          chosen={tab}
          choose={setTab}
          tabs={[
            ...(prepared
              ? [{ id: "prepared", label: "Prepared", content: <PreparedView part={prepared} /> }]
              : []),
            ...(report?.wire
              ? [{ id: "wire", label: "On the wire", content: <WireView part={report.wire} /> }]
              : []),
            ...(report?.response
              ? [
                  {
                    id: "response",
                    label: "Response",
                    content: <ResponseView report={report} block={block} />,
                  },
                ]
              : []),
            ...(report?.outcome
              ? [
                  {
                    id: "outcome",
                    label: "Outcome",
                    content: <OutcomeView part={report.outcome} block={block} />,
                  },
                ]
              : []),
          ]}
        />
      )}
    </section>
  );
}

function Confirm({ block }: { block: Block }) {
  const { confirm, send } = useSession();
  return (
    <div className="told warn" role="alert">
      <p>
        <Prose text={confirm ?? ""} />
      </p>
      <button
        type="button"
        className="button small primary"
        onClick={() => void send(block.pointer, block.name, true)}
      >
        Send it
      </button>
    </div>
  );
}

/** Status, time, size, tokens and cost. */
function Glance({ report, took }: { report: Report | null; took: number }) {
  const content = report?.response?.content;
  const size = useMemo(() => (content === undefined ? null : JSON.stringify(content).length), [content]);
  if (!report) return <h3>Answer</h3>;
  const { response, outcome, wire } = report;
  const time = wire?.hops?.reduce((sum, hop) => Math.max(sum, hop.started + hop.total), 0) ?? took;
  const tokens = outcome?.usage?.total_tokens;
  return (
    <div className="glance" role="status">
      {response ? (
        <b className={response.status < 400 ? "good" : "bad"}>{response.status}</b>
      ) : (
        <b className="bad">no answer</b>
      )}
      {wire?.simulated && <span className="badge warning">simulated</span>}
      {time > 0 && <span>{time < 1000 ? `${time.toFixed(0)} ms` : `${(time / 1000).toFixed(2)} s`}</span>}
      {size !== null && <span>{size < 2048 ? `${size} B` : `${(size / 1024).toFixed(1)} KB`}</span>}
      {typeof tokens === "number" && <span>{tokens} tokens</span>}
      {typeof outcome?.cost === "number" && <span>${outcome.cost.toPrecision(2)}</span>}
    </div>
  );
}
