import { useEffect } from "react";
import { findAbsent } from "../api/endpoints";
import { useSample } from "../testrequest/data";
import { useDocument } from "./document";

const AFTER = 300;

let before: Promise<void> = Promise.resolve();

/** Has the text held against the latest data, whenever one of them has changed; one time after the other. */
export function useDoubts(): void {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  const sample = useSample(path);
  useEffect(() => {
    const { doubt } = useDocument.getState();
    if (path === null || !Object.keys(sample.outputs).length) return doubt([]);
    let isOver = false;
    const look = async () => {
      await before;
      if (isOver) return;
      const asking = findAbsent(path, text, sample).catch(() => []); // a text that can't be read has faults enough
      before = asking.then((found) => {
        if (!isOver) doubt(found);
      });
    };
    const timer = setTimeout(() => void look(), AFTER);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, text, sample]);
}
