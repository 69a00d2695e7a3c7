import { type ComponentType, type ReactNode, useEffect, useReducer } from "react";
import { Problem } from "../api/client";
import { useDocument } from "../state/document";

type Load<Given> = () => Promise<{ default: ComponentType<Given> }>;

interface Props<Given> {
  /** Always the same function for the same part. */
  load: Load<Given>;
  given: Given;
  meanwhile?: ReactNode;
  /** What else is done where it can't be loaded, beside telling that. */
  giveUp?(): void;
}

const loaded = new WeakMap<object, unknown>();

/**
 * A part of the page that is loaded when it is shown first.
 *
 * React's own `lazy` takes the whole page down where that fails, with what was not saved, and never tries again.
 */
export function Later<Given extends object>({ load, given, meanwhile, giveUp }: Props<Given>) {
  const [, drawAnew] = useReducer((times: number) => times + 1, 0); // one part may come in the place of another
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is done in vain is done once
  useEffect(() => {
    if (loaded.has(load)) return;
    let gone = false;
    load().then(
      (found) => {
        loaded.set(load, found.default);
        if (!gone) drawAnew();
      },
      () => {
        if (gone) return;
        useDocument.setState({ problem: UNLOADED });
        giveUp?.();
      },
    );
    return () => {
      gone = true;
    };
  }, [load]);
  const Part = loaded.get(load) as ComponentType<Given> | undefined;
  return Part ? <Part {...given} /> : meanwhile;
}

const UNLOADED = new Problem(0, {
  detail: "A part of the page could not be loaded.",
  hint: "Is `httptask dev` still running? Start it again, and open the address that it prints.",
});
