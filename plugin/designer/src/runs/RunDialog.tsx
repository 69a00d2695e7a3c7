import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Problem } from "../api/client";
import { getRunChoices } from "../api/endpoints";
import type { Answers, InputForm, KeptAnswers, RunChoices, TakenValue } from "../api/types";
import { NotSetUp, SavedValue } from "../connections/SecretField";
import type { Fault } from "../request/form";
import { useDocument } from "../state/document";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { Prose, Refused } from "../ui/Prose";
import { AddInput, useInputForm } from "./AddInput";
import { faultsOf, InputFields, isOfInput, settled, useGivenInput } from "./InputFields";
import { useRun } from "./run";

/** Asks for the input of a run: by a form where the definition tells its schema, else as JSON. */
export function RunDialog() {
  const path = useDocument((state) => state.path);
  const { data, error } = useInputForm();
  const choices = useRunChoices();
  return (
    <Dialog label="Run" close={useRun.getState().forget} className="run-dialog">
      {error && <Refused error={error} />}
      {!error && !(data && choices) && <p className="empty">Looking for what it needs …</p>}
      {data && choices && <RunForm path={path} form={data} choices={choices} />}
    </Dialog>
  );
}

const NONE_KEPT: KeptAnswers = { folder: "fixtures", kept: [], lacking: [], faults: [] };
const NO_CHOICE: RunChoices = { setup: null, secrets: [], kept: NONE_KEPT };

/** Where the answers can come from, as it is when it is asked for; undefined until that is known. */
function useRunChoices(): RunChoices | undefined {
  const { path, text } = useDocument();
  const { data, error } = useQuery({
    queryKey: ["run choices", path, text],
    queryFn: () => getRunChoices(path ?? "", text),
    gcTime: 0,
    placeholderData: (before) => before,
  });
  return data ?? (error ? NO_CHOICE : undefined);
}

interface RunFormProps {
  path: string | null;
  form: InputForm;
  choices: RunChoices;
}

function RunForm({ path, form: asked, choices }: RunFormProps) {
  const [answers, answerBy] = useState<Answers>(
    choices.setup !== null && areUsable(choices.kept) ? "kept" : "servers",
  );
  const given = useGivenInput(path, asked);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<Problem | null>(null);
  // Those of the last start stay until the next one: if they went while a value is given, Start would move from under the mouse.
  const [faults, setFaults] = useState<Fault[]>([]);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const fields = form.current?.querySelectorAll<HTMLElement>(".task-fields input, .task-fields textarea");
    (fields?.[0] ?? form.current?.querySelector<HTMLElement>("[type=submit]"))?.focus();
  }, []);
  useEffect(() => {
    if (refused) form.current?.querySelector<HTMLElement>(FAULTY)?.focus();
  }, [refused]);
  const start = (event: FormEvent) => {
    event.preventDefault();
    if (!settled(form.current)) return;
    setStarting(true);
    setRefused(null);
    void useRun
      .getState()
      .start(given.now(), answers)
      .then((problem) => {
        setStarting(false);
        setRefused(problem);
        setFaults(faultsOf(problem));
      });
  };
  return (
    <form
      ref={form}
      onSubmit={start}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.currentTarget.requestSubmit();
      }}
    >
      <header className="dialog-head">
        <h2>Run {path}</h2>
      </header>
      <InputFields given={given} faults={faults} />
      <AddInput />
      <AnswersChoice choices={choices} answers={answers} answerBy={answerBy} />
      {refused &&
        faults.length === 0 &&
        !isOfInput(refused) &&
        (refused.message === choices.setup ? (
          <p className="field-fault error" role="alert">
            Not started: it needs what is missing above.
          </p>
        ) : (
          <Refused error={refused} />
        ))}
      {faults.length > 0 && (
        <p className="field-fault error" role="alert">
          Not started: the input does not fit.
        </p>
      )}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={useRun.getState().forget}>
          Cancel
        </button>
        <button
          type="submit"
          className="button primary"
          title="Ctrl Enter"
          disabled={starting}
          onMouseDown={(event) => event.preventDefault()} // a field that is left can move it from under the mouse
        >
          <Icon name="run" /> {starting ? "Starting …" : "Start"}
        </button>
      </footer>
    </form>
  );
}

const areUsable = ({ kept, faults }: KeptAnswers) => faults.length === 0 && kept.length > 0;

interface AnswersProps {
  choices: RunChoices;
  answers: Answers;
  answerBy(answers: Answers): void;
}

/** Chooses who answers, and whether that is kept. */
function AnswersChoice({ choices: { setup, secrets, kept }, answers, answerBy }: AnswersProps) {
  const client = useQueryClient();
  const [saved, setSaved] = useState<TakenValue>();
  const given = (value: TakenValue) => {
    setSaved(value);
    answerBy("servers"); // who gives a key means to use it
    void client.invalidateQueries({ queryKey: ["run choices"] });
  };
  const lacks =
    setup !== null ? (
      <NotSetUp detail={`${setup}.`} secrets={secrets} given={given} />
    ) : (
      saved && <SavedValue saved={saved} />
    );
  if (kept.kept.length + kept.lacking.length === 0) return lacks && <div className="answers">{lacks}</div>;
  return (
    <fieldset className="answers">
      <legend>Answers</legend>
      <label>
        <input
          type="radio"
          name="answers"
          checked={answers !== "kept"}
          onChange={() => answerBy("servers")}
        />
        Ask its servers
      </label>
      {lacks}
      <label className="within">
        <input
          type="checkbox"
          checked={answers === "recorded"}
          disabled={answers === "kept"}
          onChange={({ target }) => answerBy(target.checked ? "recorded" : "servers")}
        />
        <span>
          Keep the answers in <code>{kept.folder}</code>, to run without the servers later
        </span>
      </label>
      <label>
        <input
          type="radio"
          name="answers"
          checked={answers === "kept"}
          disabled={!areUsable(kept)}
          onChange={() => answerBy("kept")}
        />
        Run with kept answers <span className="badge simulated">simulated</span>
      </label>
      <p className="muted">
        <Prose text={toldOfKept(kept)} />
      </p>
      {kept.faults.map((fault) => (
        <p key={fault} className="field-fault error">
          {fault}
        </p>
      ))}
    </fieldset>
  );
}

/** For how much of a definition answers are kept, and where. */
export function toldOfKept({ folder, kept, lacking, faults }: KeptAnswers): string {
  if (faults.length) return `Those in \`${folder}\` can't be used:`;
  if (!kept.length) return `None is kept in \`${folder}\` yet.`;
  const tasks = kept.length + lacking.length;
  const requests = tasks === 1 ? "request has" : "requests have";
  const without = lacking.map((name) => `\`${name}\``).join(", ");
  return `${kept.length} of ${tasks} ${requests} one in \`${folder}\`, as far as method and address tell; nothing is sent.${
    lacking.length ? ` There is none for ${without}, where the run would fail.` : ""
  }`;
}

/** The first field that is wrong. */
const FAULTY = ".field.faulty :is(input, textarea, select)";
