import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Problem } from "../api/client";
import { changeConnection, getConnection, keepFixture, pinOutput, unpinOutput } from "../api/endpoints";
import type { Block, JsonObject, Report, TakenValue } from "../api/types";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { NotSetUp, SavedValue } from "../connections/SecretField";
import { UnlistedModel, UsageNotTold } from "../request/chat";
import { partAt } from "../request/local";
import { useDocument } from "../state/document";
import { Prose, Refused, Told } from "../ui/Prose";
import { Tabs } from "../ui/Tabs";
import { toldDuration } from "../ui/time";
import { sameJson, takePinned, useData } from "./data";
import { Copy, OutcomeView, PreparedView, ResponseView, WireView } from "./parts";
import { isOutdated, textOf, useSession } from "./session";

/** With what servers answer who asks for a model that they do not have. */
const REFUSES = [400, 403, 404, 422];

/** What became of the request: as it was prepared, what went over the wire, what came back, what a run makes of it. */
export function Answer({ block }: { block: Block }) {
  const session = useSession();
  const { phase, prepared, report, text, missing, confirm, setup, problem, unprepared } = session;
  const [tab, setTab] = useState("response");
  const [saved, setSaved] = useState<TakenValue>();
  useEffect(() => {
    if (report) setTab(report.response ? "response" : report.outcome ? "outcome" : "prepared");
  }, [report]);
  const live = phase === "sending" && (text || "waiting for the answer …");
  const broken = phase === "done" && text !== "" && (!report || report.outcome?.error) ? text : null;
  const written = useDocument((state) => textOf(state.text, block));
  const outdated = phase === "done" && isOutdated(session, written);
  return (
    <section className={`test-pane answer ${report?.wire?.simulated ? "simulated" : ""}`} aria-label="Answer">
      <Glance report={report} took={session.took} unsent={setup !== null || missing.length > 0} />
      {problem && (
        <div
          className={`told ${session.cancelled ? "" : "bad"}`}
          role={session.cancelled ? "status" : "alert"}
        >
          <p>
            <Told message={problem.message} hint={problem.hint} />
          </p>
          <ErrorPlaces problem={problem} />
        </div>
      )}
      {outdated && (
        <p className="told warn" role="status">
          The task has changed since: this answer is of the request before. Prepared shows the one of now.
        </p>
      )}
      {broken !== null && <Broken text={broken} cancelled={session.cancelled} />}
      {setup && (
        <NotSetUp
          detail={`Not sent. ${setup.detail}.`}
          secrets={setup.secrets}
          given={(value) => {
            setSaved(value);
            void useSession.getState().look(block.pointer);
          }}
        />
      )}
      {!setup && saved && phase !== "sending" && <SavedValue saved={saved} />}
      {confirm && <Confirm block={block} />}
      {report?.response && phase === "done" && !report.wire?.simulated && (
        <Keep key={session.id} report={report} block={block} />
      )}
      {phase === "done" && report && <Allow report={report} block={block} />}
      {phase === "done" && REFUSES.includes(report?.response?.status ?? 0) && (
        <UnlistedModel block={block} model={partAt(report?.prepared.body, "/model")} isRefused />
      )}
      {phase === "done" && report?.outcome && !report.outcome.error && !report.outcome.usage && (
        <UsageNotTold block={block} />
      )}
      {live && (
        <pre className="code live-text" aria-live="polite">
          {live}
        </pre>
      )}
      {unprepared && !prepared && !session.wanting && <Outdated problem={unprepared} />}
      {unprepared && !prepared && session.wanting && phase === "idle" && (
        <p className="muted">The request is shown here once it can be prepared: {unprepared.message}.</p>
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
              ? [
                  {
                    id: "prepared",
                    label: "Prepared",
                    content: (
                      <>
                        {unprepared && <Outdated problem={unprepared} former />}
                        <PreparedView part={setup ? { ...prepared, change: null } : prepared} />
                      </>
                    ),
                  },
                ]
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

/** The request of the text as it is now can't be told. */
function Outdated({ problem, former = false }: { problem: Problem; former?: boolean }) {
  return (
    <div className="told warn" role="status">
      <p>
        <b>Not prepared.</b> What is sent of the text as it is now can't be told:{" "}
        <Told message={problem.message} hint={problem.hint} />
      </p>
      {former && <p>Below stands the request of before.</p>}
      <ErrorPlaces problem={problem} />
    </div>
  );
}

/** The text of a stream that did not come to its end. */
function Broken({ text, cancelled }: { text: string; cancelled: boolean }) {
  return (
    <section className="broken" aria-label="Text so far">
      <p>
        <span className="badge warning">
          {cancelled ? "cancelled" : "broken off"} after {text.length} characters
        </span>{" "}
        <Copy text={text} label="Copy text" />
      </p>
      <pre className="code live-text">{text}</pre>
    </section>
  );
}

interface ErrorPlace {
  block: string | null;
  where: string;
  line: number;
}

/** Leads to what is wrong in the definition, each by its task and field. */
function ErrorPlaces({ problem }: { problem: Problem }) {
  const errors = Array.isArray(problem.facts.errors) ? (problem.facts.errors as ErrorPlace[]) : [];
  return errors.map(({ block, where, line }) => (
    <button
      key={where + line}
      type="button"
      className="button small"
      onClick={() => {
        useLayout.getState().test(null);
        if (block === null) return useLayout.getState().showPane("text");
        useDocument.getState().select(block);
        useLayout.getState().enterForm(FAULTY);
      }}
    >
      Go to <Prose text={where || `line ${line}`} />
    </button>
  ));
}

const FAULTY = ".field:is(.faulty, .to-fill-in):not(.composite) :is(input, textarea, select)";

/** Keeps an answer: as the sample of all later expressions and test requests, or in place of the server. */
function Keep({ report, block }: { report: Report; block: Block }) {
  const path = useDocument((state) => state.path) ?? "";
  const client = useQueryClient();
  const pinned = useData((state) => state.pinned[path]?.[block.name]);
  const output = report.outcome?.error ? undefined : report.outcome?.downstream;
  const isPinned = pinned !== undefined && output !== undefined && sameJson(pinned, output);
  const pin = useMutation({
    mutationFn: () =>
      isPinned ? unpinOutput(path, block.name) : pinOutput(path, block.name, output ?? null),
    onSuccess: (outputs) => takePinned(path, outputs),
  });
  const fixture = useMutation({
    mutationFn: () => keepFixture(path, useDocument.getState().text, block.pointer, report),
    onSuccess: () => client.invalidateQueries({ queryKey: ["kept answers"] }),
  });
  const error = pin.error ?? fixture.error;
  return (
    <div className="keep">
      {output !== undefined && (
        <button
          type="button"
          className="button small"
          aria-pressed={isPinned}
          title={`Keep it beside the definition: what reads $tasks.${block.name} is tried on it, also tomorrow`}
          disabled={pin.isPending}
          onClick={() => pin.mutate()}
        >
          {isPinned ? "Pinned as sample" : pinned === undefined ? "Pin as sample" : "Pin this one as sample"}
        </button>
      )}
      <button
        type="button"
        className="button small"
        title="Keep it in the folder fixtures, from which runs are answered without the server"
        aria-pressed={fixture.isSuccess}
        disabled={fixture.isPending || fixture.isSuccess}
        onClick={() => fixture.mutate()}
      >
        {fixture.isSuccess ? "Kept as fixture" : "Keep as fixture"}
      </button>
      <span role="status">
        {pin.data && isPinned && (
          <>
            Pinned in <code>{pin.data.file}</code>.{" "}
          </>
        )}
        {fixture.data && (
          <>
            Kept as <code>{fixture.data.file}</code>. Without the server it runs by{" "}
            <code>{fixture.data.command}</code>
          </>
        )}
      </span>
      {error && <Refused error={error} />}
    </div>
  );
}

/** Has the connection of a request reach its own server, where that is at a private address. */
function Allow({ report, block }: { report: Report; block: Block }) {
  const client = useQueryClient();
  const name = report.prepared.connection ?? "";
  const { error, details } = report.outcome?.error ?? {};
  const { host, address } = (details ?? {}) as JsonObject;
  const server = useProject().data?.connections.find((one) => one.name === name)?.base_url;
  const allow = useMutation({
    mutationFn: async () => {
      const { form, base } = await getConnection(name);
      await changeConnection({ ...form, allow_private: true }, base);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["project"] });
      await useSession.getState().send(block.pointer, block.name);
    },
  });
  if (error !== "AddressForbidden" || !server || new URL(server).hostname.replace(/[[\]]/g, "") !== host)
    return null;
  return (
    <div className="told warn" role="alert">
      <p>
        <Prose text={`The server of the connection \`${name}\` is at the private address \`${address}\`.`} />
      </p>
      <button
        type="button"
        className="button small primary"
        disabled={allow.isPending}
        onClick={() => allow.mutate()}
      >
        Allow it for this connection, and send again
      </button>
      {allow.error && <Refused error={allow.error} />}
    </div>
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
function Glance({ report, took, unsent }: { report: Report | null; took: number; unsent: boolean }) {
  const size = report?.response?.size; // as it came, which the words below tell too
  if (!report)
    return (
      <div className="glance" role="status">
        <h3>Answer</h3>
        {unsent && <span className="badge warning">not sent</span>}
      </div>
    );
  if (report.wire?.simulated)
    return (
      <div className="glance" role="status">
        <span className="badge simulated">Simulated answer</span>
        <span>not sent</span>
      </div>
    );
  const { response, outcome, wire } = report;
  const time = wire?.hops?.reduce((sum, hop) => Math.max(sum, hop.started + hop.total), 0) ?? took;
  const tokens = outcome?.usage?.total_tokens;
  const failed = outcome ? Boolean(outcome.error) : (response?.status ?? 0) >= 400;
  return (
    <div className="glance" role="status">
      {response ? (
        <b className={failed ? "bad" : "good"}>{response.status}</b>
      ) : (
        <b className="bad">no answer</b>
      )}
      {response && failed && response.status < 400 && (
        <span className="badge error" title={outcome?.happened}>
          counts as an error
        </span>
      )}
      {time > 0 && <span>{toldDuration(time)}</span>}
      {typeof size === "number" && <span>{size} bytes</span>}
      {typeof tokens === "number" && <span>{tokens} tokens</span>}
      {typeof outcome?.cost === "number" && <span>${outcome.cost.toPrecision(2)}</span>}
    </div>
  );
}
