import { createContext, memo, useContext } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Block, Branch, Finding } from "../api/types";
import { useLayout } from "../app/layout";
import { type TaskRun, useRunStates } from "../runs/states";
import { drawnAlike, isOfToFillIn, toFillInOf, toldAlike } from "../state/blocks";
import { useDocument } from "../state/document";
import { Icon, iconOf } from "../ui/icons";
import { Prose, Told } from "../ui/Prose";
import { goToFault, goToRun, isWrittenElsewhere } from "./acts";
import { useDragging } from "./dragging";
import { InsertPoint } from "./InsertPoint";
import { branchName, isOfFork, kindName } from "./kinds";

type Faults = ReadonlyMap<string, Finding[]>;

interface BlockListProps {
  list: string;
  blocks: Block[];
  faults: Faults;
  /** The branches of a fork go on at the same time: nothing leads from one to the next. */
  what?: "task" | "branch";
}

export function BlockList({ list, blocks, faults, what = "task" }: BlockListProps) {
  return (
    <ol className={what === "task" ? "blocks" : "blocks parallel"}>
      {blocks.map((block, index) => (
        <li key={block.pointer}>
          <InsertPoint list={list} index={index} />
          <BlockView block={block} faults={faults} />
        </li>
      ))}
      <li>
        <InsertPoint list={list} index={blocks.length} last what={what} />
      </li>
    </ol>
  );
}

interface BlockProps {
  block: Block;
  faults: Faults;
}

const NONE: Finding[] = [];

/** Names of the tasks to whose requests an answer is kept. */
export const Kept = createContext<ReadonlySet<string>>(new Set());

/** Whether a block and those in it look as before: of a long definition each key changes but one. */
function looksAlike(one: BlockProps, other: BlockProps): boolean {
  return drawnAlike(one.block, other.block) && faultsAlike(one.block, one.faults, other.faults);
}

function faultsAlike({ pointer, branches }: Block, ones: Faults, others: Faults): boolean {
  return (
    toldAlike(ones.get(pointer) ?? NONE, others.get(pointer) ?? NONE) &&
    branches.every((branch) => branch.blocks.every((block) => faultsAlike(block, ones, others)))
  );
}

const BlockView = memo(function BlockView({ block, faults }: BlockProps) {
  const selected = useDocument((state) => state.selected === block.pointer);
  const run = useRunStates((state) => state.byPointer[block.pointer]);
  const dragged = useDragging((state) => state.block === block.pointer);
  const kept = useContext(Kept).has(block.name);
  const all = faults.get(block.pointer) ?? NONE;
  const toFillIn = useDocument(useShallow((state) => toFillInOf(block.pointer, state.toFillIn)));
  const places = toFillIn.map((place) => `${block.pointer}${place}`);
  const ofToFillIn = all.filter((one) => isOfToFillIn(one, places));
  const found = all.filter((one) => !ofToFillIn.includes(one));
  return (
    <div className={dragged ? "block dragged" : "block"} data-state={run?.state}>
      <button
        type="button"
        className="block-head"
        aria-current={selected || undefined}
        data-pointer={block.pointer}
        draggable
        onClick={() => {
          useDocument.getState().select(block.pointer);
          useLayout.getState().showPane("task");
          useRunStates.getState().look(block.pointer);
        }}
      >
        <Icon name={iconOf(block.kind)} />
        <span className="block-name">{block.name}</span>
        <span className="block-kind">{kindName(block.kind)}</span>
        <span className="block-summary">{block.summary}</span>
        {kept && (
          <span
            className="badge kept"
            title="An answer to its request is kept: it can run without its server"
          >
            kept
          </span>
        )}
        {toFillIn.length > 0 && <span className="badge warning">{toFillIn.length} to fill in</span>}
        {found.length > 0 && <FaultBadge found={found} />}
        {run && <StateBadge run={run} />}
      </button>
      {block.condition !== null && <p className="block-note">if {block.condition}</p>}
      {found.map((finding) => (
        <FaultLine key={finding.pointer + finding.code} finding={finding} block={block.pointer} />
      ))}
      {run?.told && (
        <button
          type="button"
          className={`block-told ${run.state}`}
          title="See it in the run"
          onClick={() => goToRun(block.pointer, run.state)}
        >
          <Prose text={run.told} />
        </button>
      )}
      {block.cases.length > 0 && <Cases block={block} held={run?.cases} />}
      {block.branches.some((branch) => isOfFork(branch.label)) ? (
        <div className="branch">
          <BlockList
            list={`${block.pointer}/fork/branches`}
            blocks={block.branches.flatMap((branch) => branch.blocks)}
            faults={faults}
            what="branch"
          />
        </div>
      ) : (
        block.branches.map((branch) => (
          <BranchView
            key={branch.pointer}
            branch={branch}
            only={block.branches.length === 1}
            faults={faults}
          />
        ))
      )}
      {block.then !== null && <p className="block-note then">→ {block.then}</p>}
    </div>
  );
}, looksAlike);

function BranchView({ branch, only, faults }: { branch: Branch; only: boolean; faults: Faults }) {
  const name = branchName(branch.label, only);
  return (
    <div className="branch">
      {name !== null && <span className="branch-name">{name}</span>}
      <BlockList list={branch.pointer} blocks={branch.blocks} faults={faults} />
    </div>
  );
}

/** What a `switch` chooses from; in a run, what it has chosen. */
function Cases({ block, held }: { block: Block; held: TaskRun["cases"] }) {
  return (
    <ul className={held ? "cases decided" : "cases"} aria-label={`cases of ${block.name}`}>
      {block.cases.map((one) => (
        <li key={one.name} data-taken={held?.[one.name]}>
          <b>{one.name}</b>
          <code>{one.when ?? ""}</code>
          {held?.[one.name] && <Taken count={held[one.name]} />}
          <span>→ {one.then}</span>
        </li>
      ))}
      {held?.[""] && (
        <li data-taken={held[""]}>
          <b>no case held{held[""] > 1 ? ` ×${held[""]}` : ""}</b>
        </li>
      )}
    </ul>
  );
}

const Taken = ({ count }: { count: number | undefined }) => (
  <span className="badge state completed">taken{(count ?? 1) > 1 ? ` ×${count}` : ""}</span>
);

/** What is wrong, as a way to where it is. */
export function FaultLine({ finding, block }: { finding: Finding; block: string | null }) {
  return (
    <button
      type="button"
      className={`block-fault ${finding.severity}`}
      title="Go there"
      onClick={() => goToFault(finding, block)}
    >
      {(block === null || isWrittenElsewhere(finding, block)) && <b>line {finding.line} </b>}
      <Told message={finding.message} hint={finding.hint} />
    </button>
  );
}

function FaultBadge({ found }: { found: Finding[] }) {
  const errors = found.filter((finding) => finding.severity === "error").length;
  return (
    <span className={`badge ${errors ? "error" : "warning"}`}>
      {errors || found.length} {errors ? (errors === 1 ? "error" : "errors") : "to look at"}
    </span>
  );
}

function StateBadge({ run }: { run: TaskRun }) {
  return (
    <span
      className={`badge state ${run.state} ${run.earlier ? "earlier" : ""}`}
      title={run.earlier ? "In the run before, which this one continues" : undefined}
    >
      {run.earlier ? "completed before" : run.state}
      {run.alike < run.count ? ` ${run.alike} of ${run.count}` : run.count > 1 ? ` ×${run.count}` : ""}
    </span>
  );
}
