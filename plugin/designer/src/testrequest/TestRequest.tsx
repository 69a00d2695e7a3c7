import { type KeyboardEvent, useEffect, useRef } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Block } from "../api/types";
import { leaveField } from "../app/keys";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { keysOf } from "../request/local";
import { TaskFields, useEditedForm } from "../request/TaskPane";
import { blockAt, toFillInOf } from "../state/blocks";
import { useDocument } from "../state/document";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { Refused } from "../ui/Prose";
import { Answer } from "./Answer";
import { NO_DATA, useData } from "./data";
import { InputPanel } from "./InputPanel";
import { useSession } from "./session";
import "./testrequest.css";

/** The request of one task is tried out: its input, its settings and its answer beside each other. */
export default function TestRequest({ pointer }: { pointer: string }) {
  const block = useDocument((state) => blockAt(state.blocks, pointer));
  const { clear } = useSession.getState();
  useEffect(() => clear, [clear]);
  const close = () => useLayout.getState().test(null);
  return (
    <Dialog label={`Test request of ${block?.name ?? pointer}`} close={close} className="test-request">
      {block && <Tested block={block} close={close} />}
    </Dialog>
  );
}

/** The latest data but for what the task itself gave: another list whenever some of it is another. */
function useReadData(task: string) {
  const path = useDocument((state) => state.path) ?? "";
  return useData(
    useShallow(({ byPath }) => {
      const { input, outputs, context, values, own } = byPath[path] ?? NO_DATA;
      const others = Object.entries(outputs).flatMap(([name, value]) => (name === task ? [] : [value]));
      return [input, context, values, own, ...others];
    }),
  );
}

function Tested({ block, close }: { block: Block; close(): void }) {
  const { phase, changes, send, cancel, report, cancelled, setup } = useSession();
  const wasSent = phase === "done" && (cancelled || (report !== null && !setup && !report.wire?.simulated));
  const project = useProject().data;
  const connections = project?.connections; // another list only where it tells something else
  const dotenv = project?.dotenv_changed; // which may have a secret of the definition's own
  const text = useDocument((state) => state.checked);
  const read = useReadData(block.name);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at anew whenever text, data or secrets are others
  useEffect(
    () => void useSession.getState().look(block.pointer),
    [block.pointer, text, read, connections, dotenv],
  );
  const form = useEditedForm(block.pointer);
  const sending = phase === "sending";
  const sender = useRef<HTMLButtonElement>(null);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || sending) return;
    event.preventDefault();
    leaveField();
    void send(block.pointer, block.name);
  };
  return (
    <section className="test" aria-label="Request" onKeyDown={onKey}>
      <header className="dialog-head">
        <h2>Test request</h2>
        <code>{block.name}</code>
        <span className="grow" />
        {changes && <span className="changes">{changes}</span>}
        <button
          type="button"
          className="button cancel"
          disabled={!sending}
          onClick={() => {
            void cancel();
            sender.current?.focus(); // this button goes, and the keyboard with it
          }}
        >
          Cancel
        </button>
        <button
          ref={sender}
          type="button"
          className="button primary send"
          title="Ctrl Enter"
          aria-disabled={sending}
          onClick={() => !sending && void send(block.pointer, block.name)}
        >
          <Icon name="send" /> {sending ? "Sending …" : wasSent ? "Send again" : "Send"}
        </button>
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div className="test-body">
        <InputPanel block={block} />
        <section className="test-pane" aria-label="Settings">
          <h3>Settings</h3>
          {form.error && <Refused error={form.error} />}
          {!form.data && !form.error && <p className="muted">Loading the fields …</p>}
          <MadeUp block={block} />
          {form.data && <TaskFields form={form.data} block={block} />}
        </section>
        <Answer block={block} />
      </div>
    </section>
  );
}

const SHOWN = 4;

/** That values go out which nobody gave: it may be what one wants to try. */
function MadeUp({ block }: { block: Block }) {
  const toFillIn = useDocument((state) => state.toFillIn);
  const places = toFillInOf(block.pointer, toFillIn).map((one) => keysOf(one).slice(1).join("."));
  if (!places.length) return null;
  const more = places.length - SHOWN;
  return (
    <p className="ask" role="status">
      {places.length === 1 ? "One value was" : `${places.length} values were`} made up when the task was
      added, and {places.length === 1 ? "is" : "are"} sent as {places.length === 1 ? "it is" : "they are"}{" "}
      unless you fill {places.length === 1 ? "it" : "them"} in:{" "}
      <code>{places.slice(0, SHOWN).join(", ")}</code>
      {more > 0 && ` and ${more} more`}.
    </p>
  );
}
