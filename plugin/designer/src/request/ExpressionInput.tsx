import {
  type DragEvent,
  type KeyboardEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Problem } from "../api/client";
import { complete, evaluate } from "../api/endpoints";
import type { Completion, Evaluation } from "../api/types";
import { useDocument } from "../state/document";
import { sampleOf, toldUnsampled, useSample } from "../testrequest/data";
import { Simulated, Told } from "../ui/Prose";
import { type Suggestions, useCursor, useDrop, useFaults, useForm, useToFillIn } from "./form";
import { isEvaluable, isInside, withExpression, withoutEmpty } from "./insertion";

const AFTER = 120;
const MOST = 50;
const TOO_LARGE = 413; // what it is to be tried on

interface Props {
  id: string;
  label: string;
  pointer: string;
  value: string;
  placeholder?: string;
  /** Whether Enter begins another line, as in what is said to a model. */
  prose?: boolean;
  suggestions?: Suggestions | undefined;
  /** Whether an expression can stand there; elsewhere it is a name. */
  takes?: boolean;
  commit(value: string): void;
}

/** Text with `${ … }` in it: completed from what the task can read, and shown with what it yields. */
export function ExpressionInput(props: Props) {
  const {
    id,
    label,
    pointer,
    value,
    placeholder = "",
    prose = false,
    suggestions,
    takes = true,
    commit,
  } = props;
  const [draft, setDraft] = useState(value);
  const [focused, setFocused] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const [former, setFormer] = useState(value);
  if (former !== value) {
    // at once, not in an effect: a key that is pressed in between would meet the text as if it was being written
    setFormer(value);
    if (!focused || draft === former) setDraft(value); // what somebody is writing meanwhile stays
  }
  useEffect(() => () => useCursor.getState().leave(pointer), [pointer]);
  const { options, chosen, setChosen, ask, close } = useCompletions(pointer, suggestions?.values);
  const list = useId();

  const { expressions } = useForm();
  const madeUp = useToFillIn(pointer, false);
  const goOnAt = (cursor: number) =>
    requestAnimationFrame(() => box.current?.setSelectionRange(cursor, cursor));
  const write = ({ text, cursor }: { text: string; cursor: number }) => {
    setDraft(text);
    commit(text);
    goOnAt(cursor);
  };
  const drop = (expression: string, event: DragEvent) => {
    const place = placeUnder(event, box.current) ?? draft.length;
    write(madeUp ? withExpression("", 0, 0, expression) : withExpression(draft, place, place, expression));
    box.current?.focus();
  };
  const { over, on } = useDrop(expressions && takes ? drop : null);

  const insert = (option: Completion) => {
    const place = box.current?.selectionStart ?? draft.length;
    const whole = !isInside(draft, place);
    const next = whole ? option.apply : draft.slice(0, option.from) + option.apply + draft.slice(place);
    setDraft(next);
    close();
    if (whole) return commit(next);
    goOnAt(option.from + option.apply.length);
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const option = options[chosen];
    const { length } = options;
    const isBegun = chosen > 0 || withoutEmpty(draft) === draft; // Tab leaves what nothing was written in
    if (length && event.key === "ArrowDown") setChosen((chosen + 1) % length);
    else if (length && event.key === "ArrowUp") setChosen((Math.max(chosen, 0) + length - 1) % length);
    else if (option && (event.key === "Enter" || (event.key === "Tab" && isBegun))) insert(option);
    else if (event.key === "Escape" && options.length) close();
    else if (event.key === "ArrowDown" && suggestions && !isInside(draft, draft.length)) ask("", 0, 0);
    else if (event.key === "Enter" && !prose && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      close();
      commit(draft);
    } else if (event.key === " " && event.ctrlKey) ask(draft, event.currentTarget.selectionStart, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={`expression ${suggestions ? "choice" : ""} ${over ? "drop-here" : ""}`} {...on}>
      <textarea
        ref={box}
        id={id}
        className={`field-input ${draft.includes("${") ? "mono" : ""}`}
        placeholder={placeholder}
        rows={Math.min(8, draft.split("\n").length)}
        spellCheck={false}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls={list}
        aria-activedescendant={options[chosen] ? `${list}-${chosen}` : undefined}
        data-clean={draft === value}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
          ask(event.target.value, event.target.selectionStart);
        }}
        onClick={() => suggestions && !draft.includes("${") && ask("", 0)}
        onFocus={() => {
          setFocused(true);
          if (!takes) return;
          const take = (expression: string) => {
            const isMadeUp = useDocument.getState().toFillIn.includes(pointer);
            write(
              isMadeUp
                ? withExpression("", 0, 0, expression)
                : withExpression(draftOf(box), cursorOf(box), selectionEndOf(box), expression),
            );
          };
          const express = (replacing: boolean) => {
            const before = replacing ? "" : draftOf(box);
            setDraft(`${before}\${  }`);
            const cursor = before.length + "${ ".length;
            goOnAt(cursor);
            ask(`${before}\${  }`, cursor, 0);
          };
          useCursor.getState().enter({ pointer, label, take, express });
        }}
        onBlur={() => {
          if (useCursor.getState().held === box.current) return; // it comes back
          setFocused(false);
          close();
          if (draft === value) return;
          const kept = withoutEmpty(draft);
          const isLeft = kept === value || (kept !== draft && !kept.trim());
          if (isLeft) setDraft(value);
          else commit(kept);
        }}
        onKeyDown={onKey}
      />
      <OptionList
        id={list}
        label={`completions of ${label}`}
        about={suggestions?.about}
        {...{ options, chosen }}
        take={insert}
      />
      <Live
        pointer={pointer}
        expression={focused && isEvaluable(draft) && !(madeUp && draft === value) ? draft : null}
        isWritten={draft === value}
        hasRoom={isEvaluable(value)}
      />
    </div>
  );
}

interface OptionListProps<T> {
  id: string;
  label: string;
  options: T[];
  chosen: number;
  about?: string | undefined;
  take(option: T): void;
}

const HIGHEST = 240; // CSS pixels
const LOWEST = 60;
const GAP = 4;

type Edges = Pick<DOMRect, "top" | "bottom">;

/** Whether a list goes above its field, and how high it can be there: below it as long as there is room, or the most of it. */
export function roomFor(field: Edges, seen: Edges, height: number) {
  const [above, below] = [field.top - seen.top - GAP, seen.bottom - field.bottom - GAP];
  const wanted = Math.min(height, HIGHEST);
  const isAbove = below < wanted && above > below;
  return { isAbove, maxHeight: Math.max(LOWEST, Math.min(isAbove ? above : below, HIGHEST)) };
}

/** What can be seen of the page around an element, which the nearest one that scrolls cuts off. */
function seenAround(element: Element): Edges {
  let around = element.parentElement;
  while (around && getComputedStyle(around).overflowY === "visible") around = around.parentElement;
  const { top, bottom } = (around ?? document.documentElement).getBoundingClientRect();
  return { top: Math.max(top, 0), bottom: Math.min(bottom, window.innerHeight) };
}

/** What can be chosen in a combobox, below its text or above. */
export function OptionList<T extends { label: string; detail: string | null }>(props: OptionListProps<T>) {
  const { id, label, options, chosen, about, take } = props;
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ isAbove: false, maxHeight: HIGHEST });
  const { length: count } = options;
  useLayoutEffect(() => {
    const field = box.current?.parentElement;
    if (count && field && box.current)
      setRoom(roomFor(field.getBoundingClientRect(), seenAround(field), box.current.scrollHeight));
  }, [count]);
  return (
    <div
      ref={box}
      className={room.isAbove ? "options above" : "options"}
      style={{ maxHeight: room.maxHeight }}
      hidden={!count}
    >
      <ul role="listbox" id={id} aria-label={label}>
        {options.map((option, index) => (
          <li
            role="option"
            key={option.label}
            id={`${id}-${index}`}
            aria-selected={index === chosen}
            ref={index === chosen ? (shown) => shown?.scrollIntoView({ block: "nearest" }) : undefined}
            onMouseDown={(event) => {
              event.preventDefault();
              take(option);
            }}
          >
            <code>{option.label}</code>
            <small>{option.detail}</small>
          </li>
        ))}
      </ul>
      {about && <p className="field-about">{about}</p>}
    </div>
  );
}

type Box = { readonly current: HTMLTextAreaElement | HTMLInputElement | null };
const draftOf = (box: Box) => box.current?.value ?? "";
const cursorOf = (box: Box) => box.current?.selectionStart ?? 0;
/** The place of a box's text that the mouse is over. */
function placeUnder({ clientX, clientY }: DragEvent, box: HTMLTextAreaElement | null): number | null {
  const found = document.caretPositionFromPoint?.(clientX, clientY);
  return found && box?.contains(found.offsetNode) ? found.offset : null;
}
const selectionEndOf = (box: Box) => box.current?.selectionEnd ?? 0;

/** Suggestions for a text that is no expression: those with what is written, and all where nothing is. */
function suggested(text: string, values: string[]): Completion[] {
  const written = text.trim().toLowerCase();
  return values
    .filter((value) => value.toLowerCase().includes(written) && value !== text)
    .slice(0, MOST)
    .map((value) => ({ label: value, detail: null, apply: value, from: 0 }));
}

const NONE: string[] = [];

function useCompletions(pointer: string, suggestions = NONE) {
  const { task } = useForm();
  const [options, setOptions] = useState<Completion[]>([]);
  const [chosen, setChosen] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef<AbortController>(undefined);
  const awaited = useRef<string>(undefined); // the text that suggestions were asked for while there were none yet
  useEffect(() => {
    if (awaited.current === undefined || !suggestions.length) return;
    setOptions(suggested(awaited.current, suggestions));
    awaited.current = undefined;
  }, [suggestions]);
  const close = () => {
    awaited.current = undefined;
    clearTimeout(timer.current);
    asked.current?.abort();
    setOptions([]);
  };
  const ask = (expression: string, position: number, after = AFTER) => {
    clearTimeout(timer.current);
    asked.current?.abort();
    asked.current = new AbortController();
    const { signal } = asked.current;
    awaited.current = undefined;
    if (!isInside(expression, position)) {
      setChosen(-1);
      if (!suggestions.length && !expression.includes("${")) awaited.current = expression;
      return setOptions(expression.includes("${") ? [] : suggested(expression, suggestions));
    }
    timer.current = setTimeout(async () => {
      const { path, text } = useDocument.getState();
      if (path === null) return;
      const found = await complete(
        { path, text, pointer: task || pointer, expression, position, sample: sampleOf(path) },
        signal,
      ).catch(() => []);
      if (signal.aborted) return;
      // Enter ends the expression where nothing of a name is written, and nobody has asked for one
      setChosen(after === 0 || found.some((one) => one.from < position) ? 0 : -1);
      setOptions(found.slice(0, MOST));
    }, after);
  };
  return { options, chosen, setChosen, ask, close };
}

interface LiveProps {
  pointer: string;
  expression: string | null;
  /** Whether it stands in the definition: what is wrong with it is told by the field then. */
  isWritten: boolean;
  /** Whether its line is there also when nothing is told, so that the focus moves nothing. */
  hasRoom: boolean;
}

/** What a text yields with the latest data. */
function Live({ pointer, expression, isWritten, hasRoom }: LiveProps) {
  const { task } = useForm();
  const known = useFaults(pointer, true);
  const [told, setTold] = useState<Evaluation | null>(null);
  const sample = useSample(useDocument((state) => state.path));
  useEffect(() => {
    if (expression === null) {
      setTold(null);
      return;
    }
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      const { path, text } = useDocument.getState();
      if (path === null) return;
      const answer = await evaluate(
        { path, text, pointer: task || pointer, expression, sample: sampleOf(path) },
        asked.signal,
      ).catch((error) => (error instanceof Problem && error.status === TOO_LARGE ? { error } : null));
      if (!asked.signal.aborted) setTold(answer);
    }, AFTER * 2);
    return () => {
      asked.abort();
      clearTimeout(timer);
    };
  }, [expression, pointer, task]);
  const nothingTold = hasRoom && !known.length ? <output className="live">{"\u00a0"}</output> : null;
  if (!told) return nothingTold;
  const isTold = ({ message }: { message: string }) =>
    isWritten && known.some((fault) => fault.message === message);
  if (told.unsampled?.length && (told.error || (told.value === null && !told.begins)))
    return (
      <output className="live lacking">
        <Told message={toldUnsampled(sample, told.unsampled)} />
      </output>
    );
  if (told.error && isTold(told.error)) return null;
  if (told.error?.missing)
    return (
      <output className="live lacking" title={told.error.hint ?? undefined}>
        <Told message={told.error.message} />
      </output>
    );
  if (told.error)
    return (
      <output className="live bad">
        <Told message={told.error.message} hint={told.error.hint} />
      </output>
    );
  const lacking = told.absent ?? [];
  const absent = lacking.filter((one) => !isTold(one));
  const nothing = lacking.length > 0 && told.value === null && !told.begins;
  if (nothing && !absent.length && !told.simulated) return null;
  return (
    <output className={`live ${lacking.length || told.simulated ? "warn" : ""}`}>
      {absent.map((one) => (
        <span key={one.message}>
          <Told message={one.message} hint={one.hint} />{" "}
        </span>
      ))}
      {!nothing && (told.begins ?? JSON.stringify(told.value)?.slice(0, 300))}
      {told.simulated && <Simulated />}
    </output>
  );
}
